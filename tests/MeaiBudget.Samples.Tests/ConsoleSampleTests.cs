namespace MeaiBudget.Tests;

/// <summary>Each console sample runs with one command, without a key, and shows what it says.</summary>
public sealed class ConsoleSampleTests
{
    [Fact]
    public async Task TheAgentEndsWithAnAnswerWhenItsRunIsSpent()
    {
        string output = await Sample.RunAsync("AgentWithTools");
        Assert.Contains("It is sunny in Rome.", output, StringComparison.Ordinal);
        Assert.Contains("of $0.01.", output, StringComparison.Ordinal);
        Assert.Contains("The budget of the run ended the agent.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheWorkflowsAgentsSpendFromOneRun()
    {
        string output = await Sample.RunAsync("AgentWorkflow");
        Assert.Contains("editor: Rome is old and large.", output, StringComparison.Ordinal);
        Assert.Matches(@"The workflow spent \$0\.0000\d\d of \$0\.10\.", output);
    }

    [Fact]
    public async Task TheSemanticKernelPluginIsCalledWithinTheBudget()
    {
        string output = await Sample.RunAsync("SemanticKernelAssistant");
        Assert.Contains("It is sunny in Rome.", output, StringComparison.Ordinal);
        Assert.Matches(@"Spent \$0\.0000\d\d of \$1\.00 today\.", output);
    }

    [Fact]
    public async Task ABusyDeploymentSpillsOverToTheNext()
    {
        string output = await Sample.RunAsync("AzureSpillOver");
        Assert.Equal(2, output.Split(": chat-provisioned").Length - 1);
        Assert.Equal(4, output.Split(": chat-sweden").Length - 1);
        Assert.Contains("6 answers", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheWorkersDailyBudgetSurvivesARestart()
    {
        string ledger = Path.Combine(Directory.CreateTempSubdirectory("meaibudget-samples-").FullName, "spend.db");
        var environment = new Dictionary<string, string?> { ["Ledger"] = ledger };
        string first = await Sample.RunAsync("DailyWorker", environment);
        Assert.Contains("Document 5: A summary.", first, StringComparison.Ordinal);
        Assert.Matches(@"Stopped before document \d+: .*'summaries'", first);

        string second = await Sample.RunAsync("DailyWorker", environment);
        Assert.Contains("Stopped before document 1:", second, StringComparison.Ordinal);
        Directory.Delete(Path.GetDirectoryName(ledger)!, recursive: true);
    }

    [Fact]
    public void TheReadmeListsEverySampleWithACommandThatExists()
    {
        string readme = File.ReadAllText(RepositoryFolder.PathOf("samples", "README.md"));
        string[] samples = [.. Directory.GetFiles(RepositoryFolder.PathOf("samples"), "*.csproj", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension).OfType<string>().Where(name => name != "TestedApp")];
        Assert.Equal(9, samples.Length);
        Assert.All(samples, name => Assert.Contains($"[{name}]({name})", readme, StringComparison.Ordinal));
    }
}
