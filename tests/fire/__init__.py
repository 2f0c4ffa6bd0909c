"""The fire test: the README's four promises while everything around amsync fails. See run.py."""
