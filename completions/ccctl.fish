# fish completion for ccctl; made from the program's own tables.
complete -c ccctl -f
complete -c ccctl -n __fish_use_subcommand -a audit -d 'the signed record of every decision'
complete -c ccctl -n __fish_use_subcommand -a datamap -d 'what the datastore'\''s tables mean'
complete -c ccctl -n __fish_use_subcommand -a db -d 'the datastore'
complete -c ccctl -n __fish_use_subcommand -a sandbox -d 'a private datastore with synthetic people'
complete -c ccctl -n __fish_use_subcommand -a config -d 'settings'
complete -c ccctl -n __fish_use_subcommand -a version -d 'show the program'\''s version'
complete -c ccctl -n __fish_use_subcommand -a help -d 'show help on a command'
complete -c ccctl -n '__fish_seen_subcommand_from audit; and not __fish_seen_subcommand_from verify seal' -a verify -d 'check that the log is what was signed'
complete -c ccctl -n '__fish_seen_subcommand_from audit; and not __fish_seen_subcommand_from verify seal' -a seal -d 'sign what waits in the log'
complete -c ccctl -n '__fish_seen_subcommand_from datamap; and not __fish_seen_subcommand_from check show' -a check -d 'compare the data map with the datastore'
complete -c ccctl -n '__fish_seen_subcommand_from datamap; and not __fish_seen_subcommand_from check show' -a show -d 'show the data map'
complete -c ccctl -n '__fish_seen_subcommand_from db; and not __fish_seen_subcommand_from init migrate doctor' -a init -d 'create the ccctl schema in the datastore'
complete -c ccctl -n '__fish_seen_subcommand_from db; and not __fish_seen_subcommand_from init migrate doctor' -a migrate -d 'bring the ccctl schema up to date'
complete -c ccctl -n '__fish_seen_subcommand_from db; and not __fish_seen_subcommand_from init migrate doctor' -a doctor -d 'check the datastore and this session'\''s rights'
complete -c ccctl -n '__fish_seen_subcommand_from sandbox; and not __fish_seen_subcommand_from up status seed down' -a up -d 'start a private datastore with synthetic people'
complete -c ccctl -n '__fish_seen_subcommand_from sandbox; and not __fish_seen_subcommand_from up status seed down' -a status -d 'show where the sandbox is and whether it runs'
complete -c ccctl -n '__fish_seen_subcommand_from sandbox; and not __fish_seen_subcommand_from up status seed down' -a seed -d 'make synthetic people in a sandbox that has none'
complete -c ccctl -n '__fish_seen_subcommand_from sandbox; and not __fish_seen_subcommand_from up status seed down' -a down -d 'stop the sandbox'
complete -c ccctl -n '__fish_seen_subcommand_from config; and not __fish_seen_subcommand_from show' -a show -d 'show the settings in force'
complete -c ccctl -s o -l output -d 'how the result is written' -x -a 'table json ndjson csv'
complete -c ccctl -l out -d 'write the result to a file of mode 0600 that appears only when it is complete; - is standard output' -r -F
complete -c ccctl -l tenant -d 'the tenant to work for; without it, the only one you have' -x
complete -c ccctl -l datastore -d 'libpq connection string of the datastore, without a password' -x
complete -c ccctl -l config -d 'settings file to read first' -r -F
complete -c ccctl -l quiet -d 'say nothing on standard error but errors'
complete -c ccctl -l color -d 'emphasis in tables; NO_COLOR turns it off too' -x -a 'auto always never'
complete -c ccctl -n '__fish_seen_subcommand_from verify; and __fish_seen_subcommand_from audit' -l pin -d 'a signed checkpoint kept elsewhere, or a receipt, which holds one' -r -F
complete -c ccctl -n '__fish_seen_subcommand_from verify; and __fish_seen_subcommand_from audit' -l key -d 'trust this verifier key instead of the published ones' -x
complete -c ccctl -n '__fish_seen_subcommand_from init; and __fish_seen_subcommand_from db' -l domain -d 'the organisation'\''s domain, with which the names of its logs begin; it cannot be changed later' -x
complete -c ccctl -n '__fish_seen_subcommand_from init; and __fish_seen_subcommand_from db' -l principal -d 'give a log-in a role (officer, admin, auditor, owner) for a tenant, and make it a member of the group role' -x
complete -c ccctl -n '__fish_seen_subcommand_from migrate; and __fish_seen_subcommand_from db' -l dry-run -d 'say what is missing and stop'
complete -c ccctl -n '__fish_seen_subcommand_from up; and __fish_seen_subcommand_from sandbox' -l contacts -d 'how many entries the address book gets; conversations scale with it' -x
complete -c ccctl -n '__fish_seen_subcommand_from up; and __fish_seen_subcommand_from sandbox' -l seed -d 'the same number makes the same people on every machine' -x
complete -c ccctl -n '__fish_seen_subcommand_from seed; and __fish_seen_subcommand_from sandbox' -l contacts -d 'how many entries the address book gets; conversations scale with it' -x
complete -c ccctl -n '__fish_seen_subcommand_from seed; and __fish_seen_subcommand_from sandbox' -l seed -d 'the same number makes the same people on every machine' -x
complete -c ccctl -n '__fish_seen_subcommand_from down; and __fish_seen_subcommand_from sandbox' -l erase -d 'remove the sandbox'\''s folder as well'
complete -c ccctl -n '__fish_seen_subcommand_from show; and __fish_seen_subcommand_from config' -l origin -d 'also show which flag, variable or line of a file each one comes from'
