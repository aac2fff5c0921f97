#!/usr/bin/env python3
"""The CI kit on a scratch repository: the steps of .github/actions/compare/action.yml as a runner would make them, read from that file.
usage: ci_kit_test.py MESHMALL PROJECT_ROOT     77: git or python3-yaml is missing"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import yaml
except ImportError:
    print("skipped: python3-yaml is not installed")
    sys.exit(77)
if shutil.which("git") is None:
    print("skipped: git is not installed")
    sys.exit(77)

PROGRAM, ROOT = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
KIT = os.path.join(ROOT, ".github/actions/compare")


def scenario(mean="10ms", description="", more=None):
    made = {"meshmall": 1, "name": "shop", "description": description, "run": {"duration": "30s", "warmup": "2s"},
            "services": {"counter": {"versions": {"v1": {"replicas": 2, "workers": 2}},
                                     "operations": {"serve": {"steps": [{"busy": {"lognormal": {"mean": mean, "cv": 0.5}}}]}}}},
            "traffic": [{"name": "lunch", "to": "counter/serve", "arrivals": {"poisson": {"rate": "150/s"}}}]}
    made.update(more or {})
    return json.dumps(made, indent=2)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def read_yaml(path):
    return yaml.safe_load(read(os.path.join(ROOT, path)))


def lookup(context, path):
    value = context
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return "" if value is None else value


def evaluate(expression, context):
    """An expression of the runner's: names, texts, numbers, ==, !=, &&, ||, always()."""
    tokens = re.findall(r"'[^']*'|&&|\|\||==|!=|[A-Za-z_][\w.-]*(?:\(\))?|\d+", expression)
    words = []
    for token in tokens:
        if token[0] == "'" or token.isdigit() or token in ("==", "!="):
            words.append(token)
        elif token in ("&&", "||"):
            words.append("and" if token == "&&" else "or")
        else:
            words.append("True" if token == "always()" else repr(lookup(context, token)))
    return eval(" ".join(words))  # of this project's own file


def filled(text, context):
    return re.sub(r"\$\{\{\s*(.*?)\s*\}\}", lambda m: str(evaluate(m.group(1), context)), str(text))


class Runner:
    """Makes the steps of the composite action in a checkout."""

    def __init__(self, folder, checkout, base, event="pull_request", head="own/shop", **inputs):
        self.action = read_yaml(".github/actions/compare/action.yml")
        self.temp = tempfile.mkdtemp(dir=folder)
        self.checkout = checkout
        self.summary = os.path.join(self.temp, "summary.md")
        github = {"event_name": event, "repository": "own/shop", "job": "gate", "token": "secret",
                  "event": {"pull_request": {"base": {"sha": base}, "number": 7, "head": {"repo": {"full_name": head}}}}}
        self.context = {"github": github, "runner": {"temp": self.temp}, "strategy": {}, "steps": {}}
        self.context["inputs"] = {name: filled(given.get("default", ""), self.context) for name, given in self.action["inputs"].items()}
        self.context["inputs"].update(inputs)
        self.output, self.code, self.ran = "", 0, []

    def go(self, path=None):
        for step in self.action["runs"]["steps"]:
            always = "always()" in step.get("if", "")
            if self.code != 0 and not always or not evaluate(step.get("if", "always()"), self.context):
                continue
            self.ran.append(step.get("uses", step.get("run")))
            if "uses" in step:
                continue  # the cache, which is where the test put the program; the upload
            outputs = os.path.join(self.temp, "outputs")
            open(outputs, "w").close()
            env = {key: value for key, value in os.environ.items() if not key.startswith(("GIT", "GITHUB"))}
            env.update({key: filled(value, self.context) for key, value in step.get("env", {}).items()})
            env.update(GITHUB_ACTION_PATH=KIT, GITHUB_OUTPUT=outputs, GITHUB_STEP_SUMMARY=self.summary, GITHUB_ACTIONS="true", MESHMALL_CACHE=os.path.join(os.path.dirname(self.temp), "cache"))
            if path:
                env["PATH"] = path + ":" + env["PATH"]
            made = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", filled(step["run"], self.context)], cwd=self.checkout, env=env, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            self.output += made.stdout
            self.code = self.code or made.returncode
            given = dict(line.split("=", 1) for line in read(outputs).splitlines() if "=" in line)
            if "id" in step:
                self.context["steps"][step["id"]] = {"outputs": given}
        self.outputs = {name: filled(given["value"], self.context) for name, given in self.action["outputs"].items()}
        return self

    def told(self):
        return read(self.summary) if os.path.exists(self.summary) else ""


class Kit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="meshmall-kit-")
        env = dict(os.environ, MESHMALL_CACHE=os.path.join(cls.folder, "cache"), GITHUB_OUTPUT="")
        told = subprocess.run([os.path.join(KIT, "revision.sh")], env=env, text=True, stdout=subprocess.PIPE, check=True).stdout
        there = dict(line.split("=", 1) for line in told.splitlines())["folder"]
        os.makedirs(there)
        shutil.copy(PROGRAM, os.path.join(there, "meshmall"))  # what the cache would bring

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def setUp(self):
        self.repository = tempfile.mkdtemp(dir=self.folder)
        self.git("init", "-q", "-b", "main", ".")
        self.write("scenarios/shop.json", scenario())
        self.write("scenarios/quiet.json", scenario("5ms"))
        self.write("README.md", "hello")
        self.base = self.commit("main")

    def git(self, *words, cwd=None):
        env = dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_SYSTEM="/dev/null", GIT_AUTHOR_NAME="n", GIT_AUTHOR_EMAIL="n@example.org", GIT_COMMITTER_NAME="n",
                   GIT_COMMITTER_EMAIL="n@example.org")
        return subprocess.run(["git", *words], cwd=cwd or self.repository, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout.strip()

    def write(self, name, text):
        path = os.path.join(self.repository, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def commit(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    def gate(self, **inputs):
        inputs.setdefault("arguments", "--replications 10")
        return Runner(self.folder, self.repository, inputs.pop("base", self.base), **inputs).go()

    def test_a_worse_policy_fails_and_its_report_is_in_the_summary(self):
        self.write("scenarios/shop.json", scenario("12ms"))
        self.commit("slower")
        made = self.gate()
        self.assertEqual(made.code, 1, made.output)
        self.assertEqual(made.outputs["exit-code"], "1")
        self.assertIn("GATE FAILED", made.told())
        self.assertIn("latency", made.told())
        self.assertIn("::error", made.output)
        self.assertNotIn("quiet.json", made.told(), "what did not change is not run")
        self.assertTrue({"report.md", "report.html", "comment.md", "junit.xml", "comparison.json", "comparison.csv"} <= set(os.listdir(made.outputs["report"])))
        self.assertTrue(any("upload-artifact" in step for step in made.ran), "the reports of a failed gate are kept")

    def test_no_change_and_a_harmless_one_pass(self):
        self.write("README.md", "changed")
        self.commit("words")
        made = self.gate()
        self.assertEqual(made.code, 0, made.output)
        self.assertIn("no scenario changed", made.told())
        self.write("scenarios/shop.json", scenario(description="the same, told better"))
        self.commit("description")
        made = self.gate()
        self.assertEqual(made.code, 0, made.output)
        self.assertIn("GATE PASSED", made.told())
        made = self.gate(all="true")
        self.assertEqual(made.code, 0, made.output)
        self.assertIn("quiet.json", made.told())

    def test_new_and_deleted_scenarios_are_reported_and_pass(self):
        self.write("scenarios/sub/new [1]*.json", scenario("7ms"))
        os.remove(os.path.join(self.repository, "scenarios/quiet.json"))
        self.commit("one comes, one goes")
        made = self.gate()
        self.assertEqual(made.code, 0, made.output)
        self.assertRegex(made.told(), r"new")
        self.assertRegex(made.told(), r"deleted")
        found = json.loads(read(os.path.join(made.outputs["report"], "comparison.json")))
        self.assertEqual({s["name"]: s["state"] for s in found["scenarios"]}, {"sub/new [1]*.json": "new", "quiet.json": "deleted"})

    def test_a_base_without_scenarios_has_nothing_to_compare(self):
        self.write("shops/a.json", scenario())
        self.commit("first")
        made = self.gate(scenarios="shops")
        self.assertEqual(made.code, 0, made.output)
        self.assertIn("1 new scenarios", made.told())
        self.write("shops/a.json", "{\"meshmall\": 1}")
        self.assertEqual(self.gate(scenarios="shops").code, 2, "a broken one is not sound")

    def test_a_shallow_clone_ends_with_4_and_says_the_cure(self):
        self.write("scenarios/shop.json", scenario("12ms"))
        self.commit("slower")
        shallow = os.path.join(tempfile.mkdtemp(dir=self.folder), "clone")
        self.git("clone", "-q", "--depth", "1", "file://" + self.repository, shallow, cwd=self.folder)
        made = Runner(self.folder, shallow, self.base).go()
        self.assertEqual(made.code, 4, made.output)
        self.assertEqual(made.outputs["exit-code"], "4")
        self.assertIn("fetch-depth: 0", made.told())
        self.git("fetch", "-q", "--unshallow", cwd=shallow)
        self.assertEqual(Runner(self.folder, shallow, self.base, arguments="--replications 10").go().code, 1, "the cure helps")

    def test_gate_files_wrong_and_right(self):
        self.write("scenarios/shop.json", scenario("12ms"))
        self.write("gate.json", json.dumps({"version": 1, "rules": ["increase(latency.mean) <= 50%"]}))
        self.write("wrong.json", json.dumps({"version": 1, "rules": ["increase(latency.p9) <= 50%"]}))
        self.commit("with a gate")
        self.assertEqual(self.gate(gate="gate.json").code, 0)
        made = self.gate(gate="wrong.json")
        self.assertEqual(made.code, 2, made.output)
        self.assertIn("did you mean", made.told())

    def test_the_projects_own_gate_file_is_sound_and_takes_a_waiver(self):
        jobs = read_yaml(".github/workflows/ci.yml")["jobs"]
        given = [step["with"]["gate"] for step in jobs["scenarios"]["steps"] if "gate" in step.get("with", {})]
        gate = json.loads(read(os.path.join(ROOT, given[0])))
        folder = tempfile.mkdtemp(dir=self.folder)
        paths = {}
        for name, content in (("base.json", scenario()), ("slow.json", scenario("12ms"))):
            paths[name] = os.path.join(folder, name)
            with open(paths[name], "w", encoding="utf-8") as file:
                file.write(content)
        gate["waivers"] = [{"rule": rule, "until": "9999-12-31", "reason": "slower ovens"} for rule in gate["rules"] if "latency" in rule]
        paths["waived"] = os.path.join(folder, "waived.json")
        with open(paths["waived"], "w", encoding="utf-8") as file:
            json.dump(gate, file)
        for rules, code, told in ((os.path.join(ROOT, given[0]), 1, "REGRESSED"), (paths["waived"], 0, "waived until 9999-12-31")):
            made = subprocess.run([PROGRAM, "compare", paths["base.json"], paths["slow.json"], "--gate", rules], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            self.assertEqual(made.returncode, code, made.stdout)
            self.assertIn(told, made.stdout)

    def test_a_first_push_has_no_base(self):
        made = self.gate(base="0" * 40)
        self.assertEqual(made.code, 0, made.output)
        self.assertIn("nothing to compare with", made.told())
        self.assertEqual(self.gate(base="--output=x").code, 2)

    def fake_gh(self, there, refuses=False):
        folder = tempfile.mkdtemp(dir=self.folder)
        log = os.path.join(folder, "calls")
        with open(os.path.join(folder, "gh"), "w", encoding="utf-8") as file:
            file.write("#!/usr/bin/env bash\nprintf '%%s\\n' \"$*\" >>%s\n" % log + ("exit 1\n" if refuses else "case $* in *--paginate*) printf '%s' ;; esac\n" % there))
        os.chmod(os.path.join(folder, "gh"), 0o755)
        return folder, log

    def test_the_comment_is_made_once_then_kept_up_to_date_and_never_on_a_fork(self):
        self.write("scenarios/shop.json", scenario("12ms"))
        self.commit("slower")
        for there, method in (("", "--method POST repos/own/shop/issues/7/comments"), ("55\\n", "--method PATCH repos/own/shop/issues/comments/55")):
            path, log = self.fake_gh(there)
            made = Runner(self.folder, self.repository, self.base, comment="true", arguments="--replications 10").go(path)
            self.assertEqual(made.code, 1, made.output)
            self.assertIn(method, read(log))
        path, log = self.fake_gh("", refuses=True)
        made = Runner(self.folder, self.repository, self.base, comment="true", arguments="--replications 10").go(path)
        self.assertEqual(made.code, 1)
        self.assertIn("may not comment", made.output)
        path, log = self.fake_gh("")
        made = Runner(self.folder, self.repository, self.base, comment="true", head="stranger/shop", arguments="--replications 10").go(path)
        self.assertFalse(os.path.exists(log), "a fork's pull request has the summary instead")
        self.assertIn("GATE FAILED", made.told())


class Files(unittest.TestCase):
    def test_every_step_of_the_action_is_a_script_or_pinned(self):
        action = read_yaml(".github/actions/compare/action.yml")
        self.assertEqual(action["runs"]["using"], "composite")
        for step in action["runs"]["steps"]:
            if "uses" in step:
                self.assertRegex(step["uses"], r"^[\w/-]+@[0-9a-f]{40}$")
                continue
            script = re.fullmatch(r'"\$GITHUB_ACTION_PATH/([a-z]+\.sh)"', step["run"])
            self.assertTrue(script, step["run"])
            self.assertTrue(os.access(os.path.join(KIT, script.group(1)), os.X_OK), script.group(1))
            self.assertEqual(step["shell"], "bash")
        for text in re.findall(r"inputs\.([\w-]+)", read(os.path.join(KIT, "action.yml"))):
            self.assertIn(text, action["inputs"])

    def test_workflows_are_sound(self):
        inputs = set(read_yaml(".github/actions/compare/action.yml")["inputs"])
        for path in (".github/workflows/ci.yml", "docs/how-to/github-workflow.yml"):
            workflow = read_yaml(path)
            self.assertIn("pull_request", workflow[True], path)  # YAML 1.1 reads `on` as true
            self.assertIn("permissions", workflow, path)
            uses_kit = False
            for name, job in workflow["jobs"].items():
                self.assertIn("timeout-minutes", job, name)
                for step in job["steps"]:
                    used = step.get("uses", "")
                    if used.endswith("actions/compare") or "actions/compare@" in used:
                        uses_kit = True
                        self.assertTrue(set(step.get("with", {})) <= inputs, step)
                        self.assertTrue(any(other.get("with", {}).get("fetch-depth") == 0 for other in job["steps"]), path + ": the base must be in the clone")
                    elif used:
                        self.assertRegex(used, r"@[0-9a-f]{40}$")
            self.assertTrue(uses_kit, path)
        steps = [step.get("run") for step in read_yaml(".github/workflows/ci.yml")["jobs"]["test"]["steps"]]
        self.assertIn(".ci/run", steps)

    def test_the_gitlab_job_runs_the_same_scripts_and_keeps_the_reports(self):
        job = read_yaml("docs/how-to/gitlab-ci.yml")["meshmall"]
        text = "\n".join(job["script"])
        for script in ("revision.sh", "program.sh", "compare.sh"):
            self.assertIn(script, text)
        self.assertEqual(job["artifacts"]["when"], "always")
        self.assertIn("junit", job["artifacts"]["reports"])
        self.assertEqual(str(job["variables"]["GIT_DEPTH"]), "0")

    def test_scripts_pass_shellcheck(self):
        if shutil.which("shellcheck") is None:
            self.skipTest("shellcheck is not installed")
        scripts = [os.path.join(KIT, name) for name in sorted(os.listdir(KIT)) if name.endswith(".sh")]
        made = subprocess.run(["shellcheck", "-e", "SC1091", *scripts], text=True, stdout=subprocess.PIPE, check=False)
        self.assertEqual(made.returncode, 0, made.stdout)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[3:]])
