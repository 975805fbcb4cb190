// A run that saw no call is logged by the logger of the process's last call outside of runs, which another test would replace.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
