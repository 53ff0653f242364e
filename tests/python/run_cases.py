#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run the unittest cases of one file and print them as cmocka does, so that tools/run_tests.py counts them.

    run_cases.py FILE.py
"""
import importlib.util
import pathlib
import sys
import traceback
import unittest


class CmockaResult(unittest.TestResult):
    def startTest(self, test):
        super().startTest(test)
        print(f"[ RUN      ] {test._testMethodName}", flush=True)

    def addSuccess(self, test):
        print(f"[       OK ] {test._testMethodName}")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        print(f"{reason}\n[  SKIPPED ] {getattr(test, '_testMethodName', 'set_up')}")

    def report(self, test, error):
        traceback.print_exception(*error, file=sys.stdout)
        print(f"[  FAILED  ] {getattr(test, '_testMethodName', 'set_up')}")

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.report(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self.report(test, error)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self.report(test, error)


def main():
    path = pathlib.Path(sys.argv[1]).resolve()
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    result = CmockaResult()
    unittest.defaultTestLoader.loadTestsFromModule(module).run(result)
    print(f"[==========] {result.testsRun} test(s) run.")
    # A class that is skipped as a whole has run nothing, and said why.
    sys.exit(0 if result.wasSuccessful() and (result.testsRun > 0 or result.skipped) else 1)


if __name__ == "__main__":
    main()
