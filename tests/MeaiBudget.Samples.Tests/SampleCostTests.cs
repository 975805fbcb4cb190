using System.Reflection;
using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

/// <summary>
/// What the console samples cost is in cost.snapshot.json beside this file, so a longer prompt or a further round of a sample shows. To accept
/// a change, delete the file and run these tests.
/// </summary>
/// <remarks>
/// The programs run in this process, without changes: their pipelines have layers of this library, so their receipts are measured.
/// </remarks>
public sealed class SampleCostTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("meaibudget-samples-").FullName;

    public SampleCostTests()
    {
        foreach ((string variable, string? value) in Sample.WithoutKeys())
        {
            Environment.SetEnvironmentVariable(variable, value);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("AgentWithTools")]
    [InlineData("AgentWorkflow")]
    [InlineData("SemanticKernelAssistant")]
    [InlineData("AzureSpillOver")]
    [InlineData("DailyWorker")]
    public async Task ASampleCostsWhatItCostBefore(string name)
    {
        CostReport cost = await Scenario(name).RunAsync();

        CostAssert.NotDearer(cost, maxIncrease: 0m);
        cost.SaveSnapshot();
    }

    private CostScenario Scenario(string name) => new(name, async (_, cancellationToken) =>
    {
        MethodInfo program = Assembly.LoadFrom(Sample.PathOf(name)).EntryPoint!;
        string[] arguments = ["--Ledger", Path.Combine(_folder, "spend.db")];
        await Task.Run(() => program.Invoke(null, [arguments]), cancellationToken);
    });
}
