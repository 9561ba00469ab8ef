"""The composition root: settings, the steps that DAGs and the command line share, and the servers."""
