using BenchmarkDotNet.Running;
using MeaiBudget.Benchmarks;

// "tokens" prints the table of docs/performance.md, "ledgers" measures durable pairs; everything else goes to BenchmarkDotNet.
switch (args)
{
    case ["tokens", .. string[] rest]:
        TokenTable.Print(rest);
        break;
    case ["ledgers", .. string[] rest]:
        await LedgerThroughput.RunAsync(rest);
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(TokenTable).Assembly).Run(args);
        break;
}
