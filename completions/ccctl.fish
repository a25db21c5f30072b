# fish completion for ccctl; made from the program's own tables.
complete -c ccctl -f
complete -c ccctl -n __fish_use_subcommand -a subjects -d 'find the people whom a datastore knows'
complete -c ccctl -n __fish_use_subcommand -a request -d 'answer a data subject'\''s request'
complete -c ccctl -n __fish_use_subcommand -a hold -d 'keep data for a legal matter'
complete -c ccctl -n __fish_use_subcommand -a approve -d 'give the second person'\''s approval'
complete -c ccctl -n __fish_use_subcommand -a retention -d 'delete what is due'
complete -c ccctl -n __fish_use_subcommand -a journal -d 'what a restore must not lose'
complete -c ccctl -n __fish_use_subcommand -a audit -d 'the signed record of every decision'
complete -c ccctl -n __fish_use_subcommand -a record -d 'evidence that people enter'
complete -c ccctl -n __fish_use_subcommand -a policy -d 'policy packs'
complete -c ccctl -n __fish_use_subcommand -a datamap -d 'what the datastore'\''s tables mean'
complete -c ccctl -n __fish_use_subcommand -a db -d 'the datastore'
complete -c ccctl -n __fish_use_subcommand -a sandbox -d 'a private datastore with synthetic people'
complete -c ccctl -n __fish_use_subcommand -a config -d 'settings'
complete -c ccctl -n __fish_use_subcommand -a version -d 'show the program'\''s version'
complete -c ccctl -n __fish_use_subcommand -a help -d 'show help on a command'
complete -c ccctl -n '__fish_seen_subcommand_from subjects; and not __fish_seen_subcommand_from search show suggest' -a search -d 'find the people whom a term may mean'
complete -c ccctl -n '__fish_seen_subcommand_from subjects; and not __fish_seen_subcommand_from search show suggest' -a show -d 'show the identifiers of the people whom a term may mean, side by side'
complete -c ccctl -n '__fish_seen_subcommand_from subjects; and not __fish_seen_subcommand_from search show suggest' -a suggest -d 'propose the further terms that need a request of their own'
complete -c ccctl -n '__fish_seen_subcommand_from request; and not __fish_seen_subcommand_from update export get delete plan run list show retry verify receipt extend pause refuse cancel complete-manual close' -a update -d 'put right what is wrong about one data subject (GDPR Art. 16)'
complete -c ccctl -n '__fish_seen_subcommand_from request; and not __fish_seen_subcommand_from update export get delete plan run list show retry verify receipt extend pause refuse cancel complete-manual close' -a export -d 'give one data subject a copy of everything (GDPR Art. 15 and 20)'
complete -c ccctl -n '__fish_seen_subcommand_from request; and not __fish_seen_subcommand_from update export get delete plan run list show retry verify receipt extend pause refuse cancel complete-manual close' -a get -d 'say what is kept of one data subject, without the data'
complete -c ccctl -n '__fish_seen_subcommand_from request; and not __fish_seen_subcommand_from update export get delete plan run list show retry verify receipt extend pause refuse cancel complete-manual close' -a delete -d 'erase one data subject (GDPR Art. 17)'
complete -c ccctl -n '__fish_seen_subcommand_from request; and not __fish_seen_subcommand_from update export get delete plan run list show retry verify receipt extend pause refuse cancel complete-manual close' -a plan -d 'show what an erasure would do, or which requests a case needs'
complete -c ccctl -n '__fish_seen_subcommand_from request; and not __fish_seen_subcommand_from update export get delete plan run list show retry verify receipt extend pause refuse cancel complete-manual close' -a run -d 'carry requests on from where they stand'
complete -c ccctl -n '__fish_seen_subcommand_from request; and not __fish_seen_subcommand_from update export get delete plan run list show retry verify receipt extend pause refuse cancel complete-manual close' -a list -d 'list the requests'
complete -c ccctl -n '__fish_seen_subcommand_from request; and not __fish_seen_subcommand_from update export get delete plan run list show retry verify receipt extend pause refuse cancel complete-manual close' -a show -d 'show one request'
complete -c ccctl -n '__fish_seen_subcommand_from request; and not __fish_seen_subcommand_from update export get delete plan run list show retry verify receipt extend pause refuse cancel complete-manual close' -a retry -d 'try again the related requests that failed'
complete -c ccctl -n '__fish_seen_subcommand_from request; and not __fish_seen_subcommand_from update export get delete plan run list show retry verify receipt extend pause refuse cancel complete-manual close' -a verify -d 'look for what is left of an erased data subject'
complete -c ccctl -n '__fish_seen_subcommand_from request; and not __fish_seen_subcommand_from update export get delete plan run list show retry verify receipt extend pause refuse cancel complete-manual close' -a receipt -d 'give the receipt of a completed request'
complete -c ccctl -n '__fish_seen_subcommand_from request; and not __fish_seen_subcommand_from update export get delete plan run list show retry verify receipt extend pause refuse cancel complete-manual close' -a extend -d 'put off the answer to a request'
complete -c ccctl -n '__fish_seen_subcommand_from request; and not __fish_seen_subcommand_from update export get delete plan run list show retry verify receipt extend pause refuse cancel complete-manual close' -a pause -d 'stop a request'\''s clock for a clarification'
complete -c ccctl -n '__fish_seen_subcommand_from request; and not __fish_seen_subcommand_from update export get delete plan run list show retry verify receipt extend pause refuse cancel complete-manual close' -a refuse -d 'refuse a request, with reasons'
complete -c ccctl -n '__fish_seen_subcommand_from request; and not __fish_seen_subcommand_from update export get delete plan run list show retry verify receipt extend pause refuse cancel complete-manual close' -a cancel -d 'cancel a request that was withdrawn'
complete -c ccctl -n '__fish_seen_subcommand_from request; and not __fish_seen_subcommand_from update export get delete plan run list show retry verify receipt extend pause refuse cancel complete-manual close' -a complete-manual -d 'complete a request that people carried out outside'
complete -c ccctl -n '__fish_seen_subcommand_from request; and not __fish_seen_subcommand_from update export get delete plan run list show retry verify receipt extend pause refuse cancel complete-manual close' -a close -d 'forget the terms of a completed request'
complete -c ccctl -n '__fish_seen_subcommand_from hold; and not __fish_seen_subcommand_from add list release' -a add -d 'keep data for a legal matter'
complete -c ccctl -n '__fish_seen_subcommand_from hold; and not __fish_seen_subcommand_from add list release' -a list -d 'list the holds'
complete -c ccctl -n '__fish_seen_subcommand_from hold; and not __fish_seen_subcommand_from add list release' -a release -d 'ask for a hold'\''s release'
complete -c ccctl -n '__fish_seen_subcommand_from approve; and not __fish_seen_subcommand_from list show sign reject' -a list -d 'list what needs a second person'
complete -c ccctl -n '__fish_seen_subcommand_from approve; and not __fish_seen_subcommand_from list show sign reject' -a show -d 'show one approval'
complete -c ccctl -n '__fish_seen_subcommand_from approve; and not __fish_seen_subcommand_from list show sign reject' -a sign -d 'give the second person'\''s approval'
complete -c ccctl -n '__fish_seen_subcommand_from approve; and not __fish_seen_subcommand_from list show sign reject' -a reject -d 'refuse the second person'\''s approval'
complete -c ccctl -n '__fish_seen_subcommand_from retention; and not __fish_seen_subcommand_from plan sweep apply explain offboard replay report' -a plan -d 'count what is due, and what keeps the rest'
complete -c ccctl -n '__fish_seen_subcommand_from retention; and not __fish_seen_subcommand_from plan sweep apply explain offboard replay report' -a sweep -d 'delete or anonymise what is due'
complete -c ccctl -n '__fish_seen_subcommand_from retention; and not __fish_seen_subcommand_from plan sweep apply explain offboard replay report' -a apply -d 'carry out a saved plan, and nothing else'
complete -c ccctl -n '__fish_seen_subcommand_from retention; and not __fish_seen_subcommand_from plan sweep apply explain offboard replay report' -a explain -d 'say why one row is kept or due, by which rule, and when'
complete -c ccctl -n '__fish_seen_subcommand_from retention; and not __fish_seen_subcommand_from plan sweep apply explain offboard replay report' -a offboard -d 'end a tenant'\''s contract: return its data, then destroy it stage by stage'
complete -c ccctl -n '__fish_seen_subcommand_from retention; and not __fish_seen_subcommand_from plan sweep apply explain offboard replay report' -a replay -d 'do again what a restored backup has undone'
complete -c ccctl -n '__fish_seen_subcommand_from retention; and not __fish_seen_subcommand_from plan sweep apply explain offboard replay report' -a report -d 'list what is kept for how long and why, what waits, and what was destroyed'
complete -c ccctl -n '__fish_seen_subcommand_from journal; and not __fish_seen_subcommand_from status verify' -a status -d 'compare the datastore with the journal'
complete -c ccctl -n '__fish_seen_subcommand_from journal; and not __fish_seen_subcommand_from status verify' -a verify -d 'check every line of the journal'
complete -c ccctl -n '__fish_seen_subcommand_from audit; and not __fish_seen_subcommand_from export verify prove seal pin prune show' -a export -d 'give an auditor events that verify without us'
complete -c ccctl -n '__fish_seen_subcommand_from audit; and not __fish_seen_subcommand_from export verify prove seal pin prune show' -a verify -d 'check that the log is what was signed'
complete -c ccctl -n '__fish_seen_subcommand_from audit; and not __fish_seen_subcommand_from export verify prove seal pin prune show' -a prove -d 'prove that a leaf is in the log, or that the log only grew'
complete -c ccctl -n '__fish_seen_subcommand_from audit; and not __fish_seen_subcommand_from export verify prove seal pin prune show' -a seal -d 'sign what waits in the log'
complete -c ccctl -n '__fish_seen_subcommand_from audit; and not __fish_seen_subcommand_from export verify prove seal pin prune show' -a pin -d 'keep the newest checkpoints outside the datastore'
complete -c ccctl -n '__fish_seen_subcommand_from audit; and not __fish_seen_subcommand_from export verify prove seal pin prune show' -a prune -d 'remove logs that were kept for long enough'
complete -c ccctl -n '__fish_seen_subcommand_from audit; and not __fish_seen_subcommand_from export verify prove seal pin prune show' -a show -d 'say who did what to whom, why, under which policy'
complete -c ccctl -n '__fish_seen_subcommand_from record; and not __fish_seen_subcommand_from add list show revoke' -a add -d 'enter evidence'
complete -c ccctl -n '__fish_seen_subcommand_from record; and not __fish_seen_subcommand_from add list show revoke' -a list -d 'list the records'
complete -c ccctl -n '__fish_seen_subcommand_from record; and not __fish_seen_subcommand_from add list show revoke' -a show -d 'show one record'
complete -c ccctl -n '__fish_seen_subcommand_from record; and not __fish_seen_subcommand_from add list show revoke' -a revoke -d 'take back a record that is not so'
complete -c ccctl -n '__fish_seen_subcommand_from policy; and not __fish_seen_subcommand_from validate show explain diff test' -a validate -d 'check that a policy pack can be worked by'
complete -c ccctl -n '__fish_seen_subcommand_from policy; and not __fish_seen_subcommand_from validate show explain diff test' -a show -d 'show what holds in a policy pack'
complete -c ccctl -n '__fish_seen_subcommand_from policy; and not __fish_seen_subcommand_from validate show explain diff test' -a explain -d 'say when a period from an anchor has passed'
complete -c ccctl -n '__fish_seen_subcommand_from policy; and not __fish_seen_subcommand_from validate show explain diff test' -a diff -d 'compare the retention rules of two packs'
complete -c ccctl -n '__fish_seen_subcommand_from policy; and not __fish_seen_subcommand_from validate show explain diff test' -a test -d 'run a pack'\''s fixtures'
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
complete -c ccctl -n '__fish_seen_subcommand_from search; and __fish_seen_subcommand_from subjects' -l name -d 'the person'\''s name, in any width or case' -x
complete -c ccctl -n '__fish_seen_subcommand_from search; and __fish_seen_subcommand_from subjects' -l address -d 'a postal address' -x
complete -c ccctl -n '__fish_seen_subcommand_from search; and __fish_seen_subcommand_from subjects' -l phone -d 'a telephone number, in any writing' -x
complete -c ccctl -n '__fish_seen_subcommand_from search; and __fish_seen_subcommand_from subjects' -l email -d 'an e-mail address' -x
complete -c ccctl -n '__fish_seen_subcommand_from search; and __fish_seen_subcommand_from subjects' -l social -d 'a social handle as it is stored, for example twitter:handle' -x
complete -c ccctl -n '__fish_seen_subcommand_from search; and __fish_seen_subcommand_from subjects' -l user -d 'a user of the contact centre' -x
complete -c ccctl -n '__fish_seen_subcommand_from search; and __fish_seen_subcommand_from subjects' -l external-contact -d 'an external contact' -x
complete -c ccctl -n '__fish_seen_subcommand_from search; and __fish_seen_subcommand_from subjects' -l dialer-contact -d 'a dialer contact: '\''["LIST","ID"]'\''' -x
complete -c ccctl -n '__fish_seen_subcommand_from search; and __fish_seen_subcommand_from subjects' -l subject -d 'a data subject of any kind of the data map' -x
complete -c ccctl -n '__fish_seen_subcommand_from show; and __fish_seen_subcommand_from subjects' -l name -d 'the person'\''s name, in any width or case' -x
complete -c ccctl -n '__fish_seen_subcommand_from show; and __fish_seen_subcommand_from subjects' -l address -d 'a postal address' -x
complete -c ccctl -n '__fish_seen_subcommand_from show; and __fish_seen_subcommand_from subjects' -l phone -d 'a telephone number, in any writing' -x
complete -c ccctl -n '__fish_seen_subcommand_from show; and __fish_seen_subcommand_from subjects' -l email -d 'an e-mail address' -x
complete -c ccctl -n '__fish_seen_subcommand_from show; and __fish_seen_subcommand_from subjects' -l social -d 'a social handle as it is stored, for example twitter:handle' -x
complete -c ccctl -n '__fish_seen_subcommand_from show; and __fish_seen_subcommand_from subjects' -l user -d 'a user of the contact centre' -x
complete -c ccctl -n '__fish_seen_subcommand_from show; and __fish_seen_subcommand_from subjects' -l external-contact -d 'an external contact' -x
complete -c ccctl -n '__fish_seen_subcommand_from show; and __fish_seen_subcommand_from subjects' -l dialer-contact -d 'a dialer contact: '\''["LIST","ID"]'\''' -x
complete -c ccctl -n '__fish_seen_subcommand_from show; and __fish_seen_subcommand_from subjects' -l subject -d 'a data subject of any kind of the data map' -x
complete -c ccctl -n '__fish_seen_subcommand_from suggest; and __fish_seen_subcommand_from subjects' -l name -d 'the person'\''s name, in any width or case' -x
complete -c ccctl -n '__fish_seen_subcommand_from suggest; and __fish_seen_subcommand_from subjects' -l address -d 'a postal address' -x
complete -c ccctl -n '__fish_seen_subcommand_from suggest; and __fish_seen_subcommand_from subjects' -l phone -d 'a telephone number, in any writing' -x
complete -c ccctl -n '__fish_seen_subcommand_from suggest; and __fish_seen_subcommand_from subjects' -l email -d 'an e-mail address' -x
complete -c ccctl -n '__fish_seen_subcommand_from suggest; and __fish_seen_subcommand_from subjects' -l social -d 'a social handle as it is stored, for example twitter:handle' -x
complete -c ccctl -n '__fish_seen_subcommand_from suggest; and __fish_seen_subcommand_from subjects' -l user -d 'a user of the contact centre' -x
complete -c ccctl -n '__fish_seen_subcommand_from suggest; and __fish_seen_subcommand_from subjects' -l external-contact -d 'an external contact' -x
complete -c ccctl -n '__fish_seen_subcommand_from suggest; and __fish_seen_subcommand_from subjects' -l dialer-contact -d 'a dialer contact: '\''["LIST","ID"]'\''' -x
complete -c ccctl -n '__fish_seen_subcommand_from suggest; and __fish_seen_subcommand_from subjects' -l subject -d 'a data subject of any kind of the data map' -x
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l name -d 'the person'\''s name, in any width or case' -x
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l address -d 'a postal address' -x
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l phone -d 'a telephone number, in any writing' -x
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l email -d 'an e-mail address' -x
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l social -d 'a social handle as it is stored, for example twitter:handle' -x
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l user -d 'a user of the contact centre' -x
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l external-contact -d 'an external contact' -x
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l dialer-contact -d 'a dialer contact: '\''["LIST","ID"]'\''' -x
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l subject -d 'a data subject of any kind of the data map' -x
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l received-at -d 'when the request came in; default now' -x
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l channel -d 'how it came in' -x -a 'cli email tac'
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l channel-ref -d 'the mail'\''s or ticket'\''s reference' -x
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l requester -d 'who asks; the pack says who may ask directly' -x -a 'subject customer partner user'
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l on-behalf-of -d 'whom it is about, when another asks: a reference, no personal data' -x
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l identity-method -d 'how the data subject'\''s identity was checked' -x
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l identity-by -d 'who checked it' -x
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l dry-run -d 'print the plan and stop'
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l confirm -d 'the confirmation that the plan printed' -x
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l confirm-merge-set -d 'the members of the merge set are one person in spite of different names'
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l case -d 'the case that the request belongs to' -x
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l queue -d 'return at once; a worker (`request run` without an id) does it'
complete -c ccctl -n '__fish_seen_subcommand_from update; and __fish_seen_subcommand_from request' -l set -d 'the new value; KIND:OLD=NEW where the person has several' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l name -d 'the person'\''s name, in any width or case' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l address -d 'a postal address' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l phone -d 'a telephone number, in any writing' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l email -d 'an e-mail address' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l social -d 'a social handle as it is stored, for example twitter:handle' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l user -d 'a user of the contact centre' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l external-contact -d 'an external contact' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l dialer-contact -d 'a dialer contact: '\''["LIST","ID"]'\''' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l subject -d 'a data subject of any kind of the data map' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l received-at -d 'when the request came in; default now' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l channel -d 'how it came in' -x -a 'cli email tac'
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l channel-ref -d 'the mail'\''s or ticket'\''s reference' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l requester -d 'who asks; the pack says who may ask directly' -x -a 'subject customer partner user'
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l on-behalf-of -d 'whom it is about, when another asks: a reference, no personal data' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l identity-method -d 'how the data subject'\''s identity was checked' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l identity-by -d 'who checked it' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l format -d 'of the tables'\'' files' -x -a 'json ndjson csv'
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l language -d 'in which the data subject is told' -x -a 'ja en de'
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l confirm-merge-set -d 'the members of the merge set are one person in spite of different names'
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l case -d 'the case that the request belongs to' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from request' -l encrypt-to -d 'encrypt the whole to this certificate, into one file' -r -F
complete -c ccctl -n '__fish_seen_subcommand_from get; and __fish_seen_subcommand_from request' -l name -d 'the person'\''s name, in any width or case' -x
complete -c ccctl -n '__fish_seen_subcommand_from get; and __fish_seen_subcommand_from request' -l address -d 'a postal address' -x
complete -c ccctl -n '__fish_seen_subcommand_from get; and __fish_seen_subcommand_from request' -l phone -d 'a telephone number, in any writing' -x
complete -c ccctl -n '__fish_seen_subcommand_from get; and __fish_seen_subcommand_from request' -l email -d 'an e-mail address' -x
complete -c ccctl -n '__fish_seen_subcommand_from get; and __fish_seen_subcommand_from request' -l social -d 'a social handle as it is stored, for example twitter:handle' -x
complete -c ccctl -n '__fish_seen_subcommand_from get; and __fish_seen_subcommand_from request' -l user -d 'a user of the contact centre' -x
complete -c ccctl -n '__fish_seen_subcommand_from get; and __fish_seen_subcommand_from request' -l external-contact -d 'an external contact' -x
complete -c ccctl -n '__fish_seen_subcommand_from get; and __fish_seen_subcommand_from request' -l dialer-contact -d 'a dialer contact: '\''["LIST","ID"]'\''' -x
complete -c ccctl -n '__fish_seen_subcommand_from get; and __fish_seen_subcommand_from request' -l subject -d 'a data subject of any kind of the data map' -x
complete -c ccctl -n '__fish_seen_subcommand_from get; and __fish_seen_subcommand_from request' -l language -d 'in which the data subject is told' -x -a 'ja en de'
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l name -d 'the person'\''s name, in any width or case' -x
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l address -d 'a postal address' -x
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l phone -d 'a telephone number, in any writing' -x
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l email -d 'an e-mail address' -x
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l social -d 'a social handle as it is stored, for example twitter:handle' -x
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l user -d 'a user of the contact centre' -x
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l external-contact -d 'an external contact' -x
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l dialer-contact -d 'a dialer contact: '\''["LIST","ID"]'\''' -x
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l subject -d 'a data subject of any kind of the data map' -x
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l received-at -d 'when the request came in; default now' -x
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l channel -d 'how it came in' -x -a 'cli email tac'
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l channel-ref -d 'the mail'\''s or ticket'\''s reference' -x
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l requester -d 'who asks; the pack says who may ask directly' -x -a 'subject customer partner user'
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l on-behalf-of -d 'whom it is about, when another asks: a reference, no personal data' -x
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l identity-method -d 'how the data subject'\''s identity was checked' -x
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l identity-by -d 'who checked it' -x
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l dry-run -d 'print the plan and stop'
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l confirm -d 'the confirmation that the plan printed' -x
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l confirm-merge-set -d 'the members of the merge set are one person in spite of different names'
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l case -d 'the case that the request belongs to' -x
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l queue -d 'return at once; a worker (`request run` without an id) does it'
complete -c ccctl -n '__fish_seen_subcommand_from delete; and __fish_seen_subcommand_from request' -l override -d 'ask for approval to erase a current employee' -x
complete -c ccctl -n '__fish_seen_subcommand_from plan; and __fish_seen_subcommand_from request' -l name -d 'the person'\''s name, in any width or case' -x
complete -c ccctl -n '__fish_seen_subcommand_from plan; and __fish_seen_subcommand_from request' -l address -d 'a postal address' -x
complete -c ccctl -n '__fish_seen_subcommand_from plan; and __fish_seen_subcommand_from request' -l phone -d 'a telephone number, in any writing' -x
complete -c ccctl -n '__fish_seen_subcommand_from plan; and __fish_seen_subcommand_from request' -l email -d 'an e-mail address' -x
complete -c ccctl -n '__fish_seen_subcommand_from plan; and __fish_seen_subcommand_from request' -l social -d 'a social handle as it is stored, for example twitter:handle' -x
complete -c ccctl -n '__fish_seen_subcommand_from plan; and __fish_seen_subcommand_from request' -l user -d 'a user of the contact centre' -x
complete -c ccctl -n '__fish_seen_subcommand_from plan; and __fish_seen_subcommand_from request' -l external-contact -d 'an external contact' -x
complete -c ccctl -n '__fish_seen_subcommand_from plan; and __fish_seen_subcommand_from request' -l dialer-contact -d 'a dialer contact: '\''["LIST","ID"]'\''' -x
complete -c ccctl -n '__fish_seen_subcommand_from plan; and __fish_seen_subcommand_from request' -l subject -d 'a data subject of any kind of the data map' -x
complete -c ccctl -n '__fish_seen_subcommand_from plan; and __fish_seen_subcommand_from request' -l case -d 'add the identifiers to a case; default a new one' -x
complete -c ccctl -n '__fish_seen_subcommand_from plan; and __fish_seen_subcommand_from request' -l require-match -d 'propose only people whom at least N of the identifiers name' -x
complete -c ccctl -n '__fish_seen_subcommand_from plan; and __fish_seen_subcommand_from request' -l import -d 'requests from a file, where the pack allows bulk' -r -F
complete -c ccctl -n '__fish_seen_subcommand_from plan; and __fish_seen_subcommand_from request' -l format -d 'what the file holds: a request per line, or OpenDSR 2.0 requests' -x -a 'ndjson opendsr'
complete -c ccctl -n '__fish_seen_subcommand_from run; and __fish_seen_subcommand_from request' -l received-at -d 'when the request came in; default now' -x
complete -c ccctl -n '__fish_seen_subcommand_from run; and __fish_seen_subcommand_from request' -l channel -d 'how it came in' -x -a 'cli email tac'
complete -c ccctl -n '__fish_seen_subcommand_from run; and __fish_seen_subcommand_from request' -l channel-ref -d 'the mail'\''s or ticket'\''s reference' -x
complete -c ccctl -n '__fish_seen_subcommand_from run; and __fish_seen_subcommand_from request' -l requester -d 'who asks; the pack says who may ask directly' -x -a 'subject customer partner user'
complete -c ccctl -n '__fish_seen_subcommand_from run; and __fish_seen_subcommand_from request' -l on-behalf-of -d 'whom it is about, when another asks: a reference, no personal data' -x
complete -c ccctl -n '__fish_seen_subcommand_from run; and __fish_seen_subcommand_from request' -l identity-method -d 'how the data subject'\''s identity was checked' -x
complete -c ccctl -n '__fish_seen_subcommand_from run; and __fish_seen_subcommand_from request' -l identity-by -d 'who checked it' -x
complete -c ccctl -n '__fish_seen_subcommand_from run; and __fish_seen_subcommand_from request' -l acknowledge -d 'the sub-processor has done its part, as --ref says' -x
complete -c ccctl -n '__fish_seen_subcommand_from run; and __fish_seen_subcommand_from request' -l ref -d 'the reference of its answer' -x
complete -c ccctl -n '__fish_seen_subcommand_from run; and __fish_seen_subcommand_from request' -l waive -d 'nobody waits for the sub-processor, for the --reason given' -x
complete -c ccctl -n '__fish_seen_subcommand_from run; and __fish_seen_subcommand_from request' -l reason -d 'why it is waived' -x
complete -c ccctl -n '__fish_seen_subcommand_from run; and __fish_seen_subcommand_from request' -l confirm -d 'of an import: the confirmation that its plan printed' -x
complete -c ccctl -n '__fish_seen_subcommand_from run; and __fish_seen_subcommand_from request' -l import -d 'requests from a file, where the pack allows bulk' -r -F
complete -c ccctl -n '__fish_seen_subcommand_from run; and __fish_seen_subcommand_from request' -l format -d 'what the file holds: a request per line, or OpenDSR 2.0 requests' -x -a 'ndjson opendsr'
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from request' -l name -d 'the person'\''s name, in any width or case' -x
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from request' -l address -d 'a postal address' -x
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from request' -l phone -d 'a telephone number, in any writing' -x
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from request' -l email -d 'an e-mail address' -x
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from request' -l social -d 'a social handle as it is stored, for example twitter:handle' -x
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from request' -l user -d 'a user of the contact centre' -x
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from request' -l external-contact -d 'an external contact' -x
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from request' -l dialer-contact -d 'a dialer contact: '\''["LIST","ID"]'\''' -x
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from request' -l subject -d 'a data subject of any kind of the data map' -x
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from request' -l overdue -d 'only what is overdue'
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from request' -l case -d 'only those of a case, with its coverage' -x
complete -c ccctl -n '__fish_seen_subcommand_from show; and __fish_seen_subcommand_from request' -l format -d 'as the API shows it, or as an OpenDSR 2.0 status response' -x -a 'api opendsr'
complete -c ccctl -n '__fish_seen_subcommand_from verify; and __fish_seen_subcommand_from request' -l name -d 'the person'\''s name, in any width or case' -x
complete -c ccctl -n '__fish_seen_subcommand_from verify; and __fish_seen_subcommand_from request' -l address -d 'a postal address' -x
complete -c ccctl -n '__fish_seen_subcommand_from verify; and __fish_seen_subcommand_from request' -l phone -d 'a telephone number, in any writing' -x
complete -c ccctl -n '__fish_seen_subcommand_from verify; and __fish_seen_subcommand_from request' -l email -d 'an e-mail address' -x
complete -c ccctl -n '__fish_seen_subcommand_from verify; and __fish_seen_subcommand_from request' -l social -d 'a social handle as it is stored, for example twitter:handle' -x
complete -c ccctl -n '__fish_seen_subcommand_from verify; and __fish_seen_subcommand_from request' -l user -d 'a user of the contact centre' -x
complete -c ccctl -n '__fish_seen_subcommand_from verify; and __fish_seen_subcommand_from request' -l external-contact -d 'an external contact' -x
complete -c ccctl -n '__fish_seen_subcommand_from verify; and __fish_seen_subcommand_from request' -l dialer-contact -d 'a dialer contact: '\''["LIST","ID"]'\''' -x
complete -c ccctl -n '__fish_seen_subcommand_from verify; and __fish_seen_subcommand_from request' -l subject -d 'a data subject of any kind of the data map' -x
complete -c ccctl -n '__fish_seen_subcommand_from verify; and __fish_seen_subcommand_from request' -l deep -d 'also free text and columns without an index'
complete -c ccctl -n '__fish_seen_subcommand_from extend; and __fish_seen_subcommand_from request' -l reason -d 'why: it is recorded, and holds no personal data' -x
complete -c ccctl -n '__fish_seen_subcommand_from extend; and __fish_seen_subcommand_from request' -l by -d 'by how much; default the pack'\''s maximum' -x
complete -c ccctl -n '__fish_seen_subcommand_from pause; and __fish_seen_subcommand_from request' -l reason -d 'what must be cleared up' -x
complete -c ccctl -n '__fish_seen_subcommand_from pause; and __fish_seen_subcommand_from request' -l resume -d 'the answer has come: go on'
complete -c ccctl -n '__fish_seen_subcommand_from refuse; and __fish_seen_subcommand_from request' -l reason -d 'why: it is recorded, and holds no personal data' -x
complete -c ccctl -n '__fish_seen_subcommand_from cancel; and __fish_seen_subcommand_from request' -l reason -d 'why: it is recorded, and holds no personal data' -x
complete -c ccctl -n '__fish_seen_subcommand_from complete-manual; and __fish_seen_subcommand_from request' -l ref -d 'the statement of work'\''s reference' -x
complete -c ccctl -n '__fish_seen_subcommand_from complete-manual; and __fish_seen_subcommand_from request' -l evidence -d 'what shows that it was done' -r -F
complete -c ccctl -n '__fish_seen_subcommand_from close; and __fish_seen_subcommand_from request' -l case -d 'close a case instead' -x
complete -c ccctl -n '__fish_seen_subcommand_from close; and __fish_seen_subcommand_from request' -l waive -d 'why the case may leave supplied identifiers without a request' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from hold' -l name -d 'the person'\''s name, in any width or case' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from hold' -l address -d 'a postal address' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from hold' -l phone -d 'a telephone number, in any writing' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from hold' -l email -d 'an e-mail address' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from hold' -l social -d 'a social handle as it is stored, for example twitter:handle' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from hold' -l user -d 'a user of the contact centre' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from hold' -l external-contact -d 'an external contact' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from hold' -l dialer-contact -d 'a dialer contact: '\''["LIST","ID"]'\''' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from hold' -l subject -d 'a data subject of any kind of the data map' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from hold' -l matter -d 'the case'\''s reference' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from hold' -l reason -d 'why the data must be kept' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from hold' -l custodian -d 'who answers for the hold; default you' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from hold' -l category -d 'only this category' -x -a 'registration host_usage generated'
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from hold' -l data -d 'only this data type of the data map' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from hold' -l created-from -d 'only rows created at or after' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from hold' -l created-to -d 'only rows created before' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from hold' -l review-on -d 'when to look at the hold again' -x
complete -c ccctl -n '__fish_seen_subcommand_from release; and __fish_seen_subcommand_from hold' -l reason -d 'why it may end' -x
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from approve' -l open -d 'only those that wait for a decision'
complete -c ccctl -n '__fish_seen_subcommand_from reject; and __fish_seen_subcommand_from approve' -l reason -d 'why not' -x
complete -c ccctl -n '__fish_seen_subcommand_from plan; and __fish_seen_subcommand_from retention' -l as-of -d 'what would be due at that instant, past or future' -x
complete -c ccctl -n '__fish_seen_subcommand_from plan; and __fish_seen_subcommand_from retention' -l fail-on-unmanaged -d 'exit 3 when rows have no maximum at all'
complete -c ccctl -n '__fish_seen_subcommand_from sweep; and __fish_seen_subcommand_from retention' -l dry-run -d 'count what would go and stop: the numbers of `retention plan`'
complete -c ccctl -n '__fish_seen_subcommand_from sweep; and __fish_seen_subcommand_from retention' -l allow-match-all -d 'a rule may match every row of the tenant that --tenant names'
complete -c ccctl -n '__fish_seen_subcommand_from sweep; and __fish_seen_subcommand_from retention' -l workers -d 'sweep every tenant for which you may, N at the same time' -x
complete -c ccctl -n '__fish_seen_subcommand_from sweep; and __fish_seen_subcommand_from retention' -l yes -d 'delete without asking; for cron, where there is no terminal'
complete -c ccctl -n '__fish_seen_subcommand_from sweep; and __fish_seen_subcommand_from retention' -l as-of -d 'what was due at that instant; in the future only to look' -x
complete -c ccctl -n '__fish_seen_subcommand_from sweep; and __fish_seen_subcommand_from retention' -l run-time -d 'pause after so long, between two windows' -x
complete -c ccctl -n '__fish_seen_subcommand_from sweep; and __fish_seen_subcommand_from retention' -l metrics-file -d 'keep there, as text for Prometheus, how far it is' -r -F
complete -c ccctl -n '__fish_seen_subcommand_from sweep; and __fish_seen_subcommand_from retention' -l first-run-ok -d 'rules may run by which the tenant was never swept'
complete -c ccctl -n '__fish_seen_subcommand_from sweep; and __fish_seen_subcommand_from retention' -l accept-shortening -d 'rules may make rows due earlier than at the last run'
complete -c ccctl -n '__fish_seen_subcommand_from sweep; and __fish_seen_subcommand_from retention' -l accept-clock-jump -d 'the datastore'\''s clock may be far ahead of the last run'
complete -c ccctl -n '__fish_seen_subcommand_from apply; and __fish_seen_subcommand_from retention' -l yes -d 'delete without asking; for cron, where there is no terminal'
complete -c ccctl -n '__fish_seen_subcommand_from apply; and __fish_seen_subcommand_from retention' -l run-time -d 'pause after so long, between two windows' -x
complete -c ccctl -n '__fish_seen_subcommand_from apply; and __fish_seen_subcommand_from retention' -l metrics-file -d 'keep there, as text for Prometheus, how far it is' -r -F
complete -c ccctl -n '__fish_seen_subcommand_from apply; and __fish_seen_subcommand_from retention' -l first-run-ok -d 'rules may run by which the tenant was never swept'
complete -c ccctl -n '__fish_seen_subcommand_from apply; and __fish_seen_subcommand_from retention' -l accept-shortening -d 'rules may make rows due earlier than at the last run'
complete -c ccctl -n '__fish_seen_subcommand_from apply; and __fish_seen_subcommand_from retention' -l accept-clock-jump -d 'the datastore'\''s clock may be far ahead of the last run'
complete -c ccctl -n '__fish_seen_subcommand_from explain; and __fish_seen_subcommand_from retention' -l table -d 'the table, as the data map calls it' -x
complete -c ccctl -n '__fish_seen_subcommand_from explain; and __fish_seen_subcommand_from retention' -l key -d 'the row'\''s id; a JSON array of texts where the key has several parts, the tenant left out' -x
complete -c ccctl -n '__fish_seen_subcommand_from explain; and __fish_seen_subcommand_from retention' -l as-of -d 'decide as at that instant, past or future' -x
complete -c ccctl -n '__fish_seen_subcommand_from offboard; and __fish_seen_subcommand_from retention' -l return -d 'write everything of the tenant there' -x
complete -c ccctl -n '__fish_seen_subcommand_from offboard; and __fish_seen_subcommand_from retention' -l destroy -d 'hide, purge or delete what is due now'
complete -c ccctl -n '__fish_seen_subcommand_from offboard; and __fish_seen_subcommand_from retention' -l yes -d 'delete without asking; for cron, where there is no terminal'
complete -c ccctl -n '__fish_seen_subcommand_from offboard; and __fish_seen_subcommand_from retention' -l as-of -d 'what was due at that instant; in the future only to look' -x
complete -c ccctl -n '__fish_seen_subcommand_from offboard; and __fish_seen_subcommand_from retention' -l run-time -d 'pause after so long, between two windows' -x
complete -c ccctl -n '__fish_seen_subcommand_from offboard; and __fish_seen_subcommand_from retention' -l metrics-file -d 'keep there, as text for Prometheus, how far it is' -r -F
complete -c ccctl -n '__fish_seen_subcommand_from offboard; and __fish_seen_subcommand_from retention' -l first-run-ok -d 'rules may run by which the tenant was never swept'
complete -c ccctl -n '__fish_seen_subcommand_from offboard; and __fish_seen_subcommand_from retention' -l accept-shortening -d 'rules may make rows due earlier than at the last run'
complete -c ccctl -n '__fish_seen_subcommand_from offboard; and __fish_seen_subcommand_from retention' -l accept-clock-jump -d 'the datastore'\''s clock may be far ahead of the last run'
complete -c ccctl -n '__fish_seen_subcommand_from replay; and __fish_seen_subcommand_from retention' -l reason -d 'what was restored, and why' -x
complete -c ccctl -n '__fish_seen_subcommand_from replay; and __fish_seen_subcommand_from retention' -l dry-run -d 'count what the datastore has lost and stop'
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from audit' -l log -d 'evidence: requests, holds, approvals, sweeps; security: accesses and refusals' -x -a 'evidence security'
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from audit' -l from -d 'only events at or after this instant' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from audit' -l to -d 'only events before this instant' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from audit' -l request -d 'only events of this request' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from audit' -l action -d 'only events of this action, as request.delete.completed' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from audit' -l sample -d 'only so many events, drawn by --seed from all that match' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from audit' -l seed -d 'what the sample is drawn by' -x
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from audit' -l rendering -d 'the matching events also as OCSF 1.8.0 (ndjson) or as CSV' -x -a 'ocsf csv'
complete -c ccctl -n '__fish_seen_subcommand_from export; and __fish_seen_subcommand_from audit' -l encrypt-to -d 'encrypt the whole to this certificate, into one file' -r -F
complete -c ccctl -n '__fish_seen_subcommand_from verify; and __fish_seen_subcommand_from audit' -l pin -d 'a signed checkpoint kept elsewhere, or a receipt, which holds one; also s3://BUCKET/KEY' -r -F
complete -c ccctl -n '__fish_seen_subcommand_from verify; and __fish_seen_subcommand_from audit' -l key -d 'trust this verifier key instead of the published ones' -x
complete -c ccctl -n '__fish_seen_subcommand_from prove; and __fish_seen_subcommand_from audit' -l leaf -d 'the leaf'\''s hash, hexadecimal' -x
complete -c ccctl -n '__fish_seen_subcommand_from prove; and __fish_seen_subcommand_from audit' -l request -d 'the leaf with which this request or this run of a sweep ended' -x
complete -c ccctl -n '__fish_seen_subcommand_from prove; and __fish_seen_subcommand_from audit' -l origin -d 'the log of --index' -x
complete -c ccctl -n '__fish_seen_subcommand_from prove; and __fish_seen_subcommand_from audit' -l index -d 'the leaf'\''s index in --origin, from 0' -x
complete -c ccctl -n '__fish_seen_subcommand_from prove; and __fish_seen_subcommand_from audit' -l old -d 'an older checkpoint, or a proof or receipt, which holds one' -r -F
complete -c ccctl -n '__fish_seen_subcommand_from prove; and __fish_seen_subcommand_from audit' -l key -d 'trust this verifier key instead of the published ones' -x
complete -c ccctl -n '__fish_seen_subcommand_from prune; and __fish_seen_subcommand_from audit' -l yes -d 'remove without asking; for a timer, where there is no terminal'
complete -c ccctl -n '__fish_seen_subcommand_from prune; and __fish_seen_subcommand_from audit' -l dry-run -d 'say what would go, and stop'
complete -c ccctl -n '__fish_seen_subcommand_from show; and __fish_seen_subcommand_from audit' -l log -d 'evidence: requests, holds, approvals, sweeps; security: accesses and refusals' -x -a 'evidence security'
complete -c ccctl -n '__fish_seen_subcommand_from show; and __fish_seen_subcommand_from audit' -l from -d 'only events at or after this instant' -x
complete -c ccctl -n '__fish_seen_subcommand_from show; and __fish_seen_subcommand_from audit' -l to -d 'only events before this instant' -x
complete -c ccctl -n '__fish_seen_subcommand_from show; and __fish_seen_subcommand_from audit' -l request -d 'only events of this request' -x
complete -c ccctl -n '__fish_seen_subcommand_from show; and __fish_seen_subcommand_from audit' -l action -d 'only events of this action, as request.delete.completed' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from record' -l name -d 'the person'\''s name, in any width or case' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from record' -l address -d 'a postal address' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from record' -l phone -d 'a telephone number, in any writing' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from record' -l email -d 'an e-mail address' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from record' -l social -d 'a social handle as it is stored, for example twitter:handle' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from record' -l user -d 'a user of the contact centre' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from record' -l external-contact -d 'an external contact' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from record' -l dialer-contact -d 'a dialer contact: '\''["LIST","ID"]'\''' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from record' -l subject -d 'a data subject of any kind of the data map' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from record' -l field -d 'a field of the kind' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from record' -l from -d 'the day from which it is so' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from record' -l until -d 'the last day' -x
complete -c ccctl -n '__fish_seen_subcommand_from add; and __fish_seen_subcommand_from record' -l evidence -d 'a file whose hash is kept' -r -F
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from record' -l name -d 'the person'\''s name, in any width or case' -x
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from record' -l address -d 'a postal address' -x
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from record' -l phone -d 'a telephone number, in any writing' -x
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from record' -l email -d 'an e-mail address' -x
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from record' -l social -d 'a social handle as it is stored, for example twitter:handle' -x
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from record' -l user -d 'a user of the contact centre' -x
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from record' -l external-contact -d 'an external contact' -x
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from record' -l dialer-contact -d 'a dialer contact: '\''["LIST","ID"]'\''' -x
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from record' -l subject -d 'a data subject of any kind of the data map' -x
complete -c ccctl -n '__fish_seen_subcommand_from list; and __fish_seen_subcommand_from record' -l revoked -d 'the revoked ones, too'
complete -c ccctl -n '__fish_seen_subcommand_from revoke; and __fish_seen_subcommand_from record' -l reason -d 'why' -x
complete -c ccctl -n '__fish_seen_subcommand_from explain; and __fish_seen_subcommand_from policy' -l anchor -d 'where the period starts' -x
complete -c ccctl -n '__fish_seen_subcommand_from explain; and __fish_seen_subcommand_from policy' -l period -d 'an ISO 8601 duration such as P30D, P7Y or PT36H' -x
complete -c ccctl -n '__fish_seen_subcommand_from explain; and __fish_seen_subcommand_from policy' -l zone -d 'the IANA time zone in which to reckon' -x
complete -c ccctl -n '__fish_seen_subcommand_from explain; and __fish_seen_subcommand_from policy' -l granularity -d 'the instant itself, or the start of the civil day after' -x -a 'instant day'
complete -c ccctl -n '__fish_seen_subcommand_from diff; and __fish_seen_subcommand_from policy' -l impact -d 'count the tenant'\''s rows that become due earlier, table by table'
complete -c ccctl -n '__fish_seen_subcommand_from init; and __fish_seen_subcommand_from db' -l domain -d 'the organisation'\''s domain, with which the names of its logs begin; it cannot be changed later' -x
complete -c ccctl -n '__fish_seen_subcommand_from init; and __fish_seen_subcommand_from db' -l principal -d 'give a log-in a role (officer, admin, auditor, owner, partner) for a tenant, and make it a member of the group role; the tenant * is the organisation'\''s log' -x
complete -c ccctl -n '__fish_seen_subcommand_from migrate; and __fish_seen_subcommand_from db' -l dry-run -d 'say what is missing and stop'
complete -c ccctl -n '__fish_seen_subcommand_from up; and __fish_seen_subcommand_from sandbox' -l contacts -d 'how many entries the address book gets; conversations scale with it' -x
complete -c ccctl -n '__fish_seen_subcommand_from up; and __fish_seen_subcommand_from sandbox' -l seed -d 'the same number makes the same people on every machine' -x
complete -c ccctl -n '__fish_seen_subcommand_from seed; and __fish_seen_subcommand_from sandbox' -l contacts -d 'how many entries the address book gets; conversations scale with it' -x
complete -c ccctl -n '__fish_seen_subcommand_from seed; and __fish_seen_subcommand_from sandbox' -l seed -d 'the same number makes the same people on every machine' -x
complete -c ccctl -n '__fish_seen_subcommand_from down; and __fish_seen_subcommand_from sandbox' -l erase -d 'remove the sandbox'\''s folder as well'
complete -c ccctl -n '__fish_seen_subcommand_from show; and __fish_seen_subcommand_from config' -l origin -d 'also show which flag, variable or line of a file each one comes from'
