using BenchmarkDotNet.Running;
using MeaiBudget.Benchmarks;

// "tokens" and "sdk" print the tables of docs/performance.md, "ledgers" measures ledger throughput. Other arguments are for BenchmarkDotNet.
switch (args)
{
    case ["tokens", .. string[] rest]:
        TokenTable.Print(rest);
        break;
    case ["ledgers", .. string[] rest]:
        await LedgerThroughput.RunAsync(rest);
        break;
    case ["sdk", .. string[] rest]:
        await SdkOverhead.RunAsync(rest);
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(TokenTable).Assembly).Run(args);
        break;
}
