"""Every crash point of `request export` (W-24, G-20): whatever message the connection is cut at, the process
killed at, or whichever COMMIT is left without an answer, doing it again ends with one request, one
whole answer at its place and nothing beside it. No request is ever told as answered whose answer is
not there.
"""
import hashlib
import os
import pathlib
import subprocess
import unittest

import crash_points
import fixture
from crash_points import Job
from fixture import CCCTL, TANAKA

EXPORT = f'{CCCTL} request export --subject {TANAKA} --out "$FOLDER/answer" -o json'
# Whoever finds the answer there has nothing to ask again; the request may wait for its proof.
AGAIN = f"""bash -c '
told=$({crash_points.PSQL} -XAtqU postgres -c "SELECT request_id FROM ccctl.request WHERE phase IN (\\$\\$unsealed\\$\\$, \\$\\$completed\\$\\$)")
if [[ -n $told ]]; then
  [[ -s $FOLDER/answer/manifest.json ]] || {{ echo "told as answered, and nothing is there" >&2; exit 1; }}
  exec {CCCTL} request run $told -o json
fi
rm -rf "$FOLDER/answer"
exec {EXPORT}'"""
DIGEST = [
    "SELECT request_type, phase, outcome, planned_rows, result::jsonb -"
    " '{members,receivedAt,exportedAt,manifest,bytes}'::text[] FROM ccctl.request",
    "SELECT ordinal, subject_key, status FROM ccctl.request_member ORDER BY 1",
    "SELECT kind, met_at IS NOT NULL FROM ccctl.obligation ORDER BY 1",
    "SELECT convert_from(line, 'UTF8')::json ->> 'action' AS action, count(*) > 0 FROM ccctl.leaf"
    " WHERE log <> 'organisation' GROUP BY 1 ORDER BY 1",
    "SELECT 'pending', count(*) FROM ccctl.pending",
    "SELECT 'term', count(*) FROM ccctl.request_term",
]


def inspect(run):
    """The answer's files; those that tell the hour by their name alone."""
    lines = []
    for path in sorted(pathlib.Path(run.folder).glob("**/*")):
        name = path.relative_to(run.folder)
        if path.is_dir() or not name.parts[0].endswith(("answer", ".part")):
            continue
        timed = name.name in ("index.html", "manifest.json")
        lines.append(f"{name} " + ("" if timed else hashlib.sha256(path.read_bytes()).hexdigest()) + "\n")
    return "".join(lines)


class RequestExport(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = fixture.Template()

    @classmethod
    def tearDownClass(cls):
        cls.template.close()

    def job(self):
        env = {name: value for name, value in self.template.env("$FOLDER").items()
               if name not in os.environ or os.environ[name] != value}
        return Job(self.template.name, EXPORT, DIGEST, again=AGAIN, folder=self.template.objects, env=env,
                   inspect=inspect)

    def test_the_undisturbed_answer_is_whole(self):
        _, _, digest, _ = crash_points.undisturbed(self.job())
        for part in ("GDPR_EXPORT|completed|complete|", "request.answer|t\n", "request.export.completed|t\n",
                     "pending|0\n", "term|0\n", "answer/index.html", "answer/data/external_contacts.json"):
            self.assertIn(part, digest)

    def test_every_crash_point_has_the_same_end(self):
        self.assertEqual(crash_points.crash_points(self.job(), every=2), [])


if __name__ == "__main__":
    unittest.main()
