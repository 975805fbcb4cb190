namespace MeaiBudget.Tests;

/// <summary>The command installs from its package and runs.</summary>
public sealed class ToolPackageTests(PackedPackages packages)
{
    [Fact]
    public async Task TheToolInstallsFromAFolderAndPlaysItsDemo()
    {
        string folder = packages.NewFolder("tool");
        using Package package = packages.Open("MeaiBudget.Tool");
        string[] install = ["tool", "install", "MeaiBudget.Tool", "--version", package.Version, "--source", packages.Folder, "--tool-path", folder];
        (await CommandLine.RunAsync("dotnet", install, folder)).Succeeded();

        CommandLine demo = await CommandLine.RunAsync(Path.Combine(folder, "meaibudget"), ["demo"], folder);

        Assert.Contains("Every step went as expected.", demo.Succeeded().Output, StringComparison.Ordinal);
    }
}
