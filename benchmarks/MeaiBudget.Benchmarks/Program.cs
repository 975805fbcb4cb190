using BenchmarkDotNet.Running;
using MeaiBudget;
using MeaiBudget.Benchmarks;

// "tokens", "start", "sdk", "wire", "scale" and "history" print the tables of docs/performance.md, "ledgers" measures ledger throughput, "leases"
// simulates nodes that lease, "console" loads the operator's console. Other arguments are for BenchmarkDotNet.
switch (args)
{
    case ["tokens", .. string[] rest]:
        TokenTable.Print(rest);
        break;
    case ["ledgers", .. string[] rest]:
        await LedgerThroughput.RunAsync(rest);
        break;
    case ["growth", .. string[] rest]:
        await LedgerGrowth.RunAsync(rest);
        break;
    case ["leases", .. string[] rest]:
        await LeaseMeasures.RunAsync(rest);
        break;
    case ["sdk", .. string[] rest]:
        await SdkOverhead.RunAsync(rest);
        break;
    case ["wire", .. string[] rest]:
        await WireOverhead.RunAsync(rest);
        break;
    case ["scale", .. string[] rest]:
        await ScaleCurve.RunAsync(rest);
        break;
    case ["history", .. string[] rest]:
        await LongHistory.RunAsync(rest);
        break;
    case ["start", .. string[] rest]:
        await StartTimes.RunAsync(rest);
        break;
    case [StartTimes.Child, string name]:
        StartTimes.Measure(name);
        break;
    case [SimulatorProcess.Argument]:
        await SimulatorProcess.ServeAsync();
        break;
    case ["console", .. string[] rest]:
        await ConsoleLoad.RunAsync(rest);
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(TokenTable).Assembly).Run(args);
        break;
}
