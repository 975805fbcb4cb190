namespace MeaiBudget.Tests;

/// <summary>The steps of docs/cost-tests.md as a script, built only from the packages.</summary>
public sealed class CostTestsPageTests(PackedPackages packages)
{
    [Fact]
    public async Task FromNothingToAPullRequestThatShowsItsCost()
    {
        if (!CommandLine.Exists("bash") || !CommandLine.Exists("git"))
        {
            Assert.Skip("The script of the page's steps needs bash and git.");
        }

        CommandLine run = await CommandLine.RunAsync(
            "bash", [RepositoryFolder.PathOf("tests", "new-user", "cost-tests.sh"), packages.Folder, packages.NewFolder("cost-tests")], packages.Folder);

        Assert.Contains("A pull request shows what it costs.", run.Succeeded().Output, StringComparison.Ordinal);
    }
}
