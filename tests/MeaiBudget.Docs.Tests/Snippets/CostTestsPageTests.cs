using System.CommandLine;
using System.Globalization;
using System.Reflection;

namespace MeaiBudget.Tests;

/// <summary>The steps of docs/cost-tests.md, from nothing to a comparison for a pull request, in a folder of their own.</summary>
[Collection(nameof(SnippetFolder))]
public sealed class CostTestsPageTests(SnippetFolder folder)
{
    private const string PageName = "docs/cost-tests.md";
    private const string Snapshot = "cost.snapshot.json";

    [Fact]
    public async Task ThePagesTestWritesASnapshotAndALongerPromptIsNamedOnThePullRequest()
    {
        // The compiler names the page as the source file, so the snapshot lies beside a page of that name.
        string project = Directory.CreateDirectory(Path.Combine(folder.Path, "cost-page")).FullName;
        string beside = Directory.CreateDirectory(Path.Combine(project, "docs")).FullName;
        Environment.CurrentDirectory = project;
        try
        {
            Fence test = Page.Of(PageName).Fences.Single(fence => fence.Has("cost-tests: AssistantCosts.cs"));
            await RunTestsAsync(test);
            string before = Path.Combine(beside, "base.json");
            File.Copy(Path.Combine(beside, Snapshot), before);
            await RunTestsAsync(test);
            Assert.Equal(0, (await DiffAsync(before, Path.Combine(beside, Snapshot), "--max-increase", "0%")).ExitCode);

            string rules = string.Join(' ', Enumerable.Repeat("Never promise a date. Name the order.", 13));
            await RunTestsAsync(test with { Text = test.Text.Replace("Be brief.", "Be brief. " + rules, StringComparison.Ordinal) });
            (int exitCode, string output) = await DiffAsync(before, Path.Combine(beside, Snapshot), "--markdown", "--max-increase", "10%");

            Assert.Equal(1, exitCode);
            Assert.Contains("| answer about a refund | **too dear** |", output, StringComparison.Ordinal);
            Assert.Contains("the system prompt grew", output, StringComparison.Ordinal);
        }
        finally
        {
            Environment.CurrentDirectory = folder.Path;
        }
    }

    [Fact]
    public void TheWorkflowRunsTheCommandThatThePageExplains()
    {
        string workflow = File.ReadAllText(RepositoryFolder.PathOf("docs", "cost-tests-workflow.yaml"));
        string command = workflow.Split('\n').Select(line => line.Trim()).Single(line => line.StartsWith("dotnet meaibudget ", StringComparison.Ordinal));
        string arguments = command["dotnet meaibudget ".Length..command.IndexOf(" > ", StringComparison.Ordinal)];

        Assert.Empty(Tool().Parse(arguments).Errors);
        Assert.DoesNotContain('\t', workflow);
        Assert.Contains("docs/cost-tests.md", workflow, StringComparison.Ordinal);
    }

    private static async Task RunTestsAsync(Fence fence)
    {
        Type tests = SnippetCompiler.Compile(fence).GetTypes().Single(type => type.Name == "AssistantCosts");
        foreach (MethodInfo test in tests.GetMethods().Where(method => method.GetCustomAttribute<FactAttribute>() is not null))
        {
            await (Task)test.Invoke(Activator.CreateInstance(tests), null)!;
        }
    }

    private static async Task<(int ExitCode, string Output)> DiffAsync(params string[] arguments)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        int exitCode = await Tool().Parse(["cost", "diff", .. arguments]).InvokeAsync(new InvocationConfiguration { Output = output, Error = output });
        return (exitCode, output.ToString());
    }

    private static RootCommand Tool()
    {
        MethodInfo create = Assembly.Load("MeaiBudget.Tool").GetType("MeaiBudget.Tool.CostCommand")!.GetMethod("Create", BindingFlags.Static | BindingFlags.Public)!;
        var root = new RootCommand();
        root.Subcommands.Add((Command)create.Invoke(null, null)!);
        return root;
    }
}
