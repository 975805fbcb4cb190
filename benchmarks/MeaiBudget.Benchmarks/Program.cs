using BenchmarkDotNet.Running;
using MeaiBudget.Benchmarks;

if (args is ["ledgers", .. var arguments])
{
    await LedgerThroughput.RunAsync(arguments);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
