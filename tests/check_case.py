"""check_case: a folder of its own for each test of a check, and that a check
passes or fires there.
"""
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Check(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run_tool(self, tool, *arguments, environment=None):
        done = subprocess.run([ROOT / "tools" / tool, *map(str, arguments)],
                              capture_output=True, text=True,
                              env={**os.environ, **(environment or {})})
        return done.returncode, done.stdout + done.stderr

    def passes(self, tool, *arguments):
        status, output = self.run_tool(tool, *arguments)
        self.assertEqual(status, 0, output)
        return output

    def fires(self, part, tool, *arguments):
        status, output = self.run_tool(tool, *arguments)
        self.assertEqual(status, 1, output)
        self.assertIn(part, output)
