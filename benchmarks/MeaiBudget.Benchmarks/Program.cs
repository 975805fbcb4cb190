using BenchmarkDotNet.Running;
using MeaiBudget.Benchmarks;

// "tokens" prints the table of docs/performance.md; everything else goes to BenchmarkDotNet.
if (args is ["tokens", .. string[] rest])
{
    TokenTable.Print(rest);
}
else
{
    BenchmarkSwitcher.FromAssembly(typeof(TokenTable).Assembly).Run(args);
}
