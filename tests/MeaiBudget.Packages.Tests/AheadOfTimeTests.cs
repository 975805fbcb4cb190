using System.Runtime.InteropServices;

namespace MeaiBudget.Tests;

/// <summary>The core compiles ahead of time without a warning, and the whole pipeline runs so.</summary>
public sealed class AheadOfTimeTests(PackedPackages packages)
{
    [Fact]
    public async Task TheWholePipelineRunsCompiledAheadOfTime()
    {
        if (!OperatingSystem.IsWindows() && !CommandLine.Exists("clang") && !CommandLine.Exists("gcc"))
        {
            Assert.Skip("Compiling ahead of time needs a linker: install clang (or gcc) and zlib1g-dev.");
        }

        // Compiled in a separate folder, because other tests use the source folder at the same time.
        string folder = packages.NewFolder("aot");
        string output = Path.Combine(folder, "out");
        string[] publish =
        [
            "publish", RepositoryFolder.PathOf("tests", "MeaiBudget.AotSmoke"), "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier,
            "--artifacts-path", Path.Combine(folder, "artifacts"), "-o", output, "-p:RunAnalyzers=false",
        ];
        CommandLine published = (await CommandLine.RunAsync("dotnet", publish, folder)).Succeeded();
        Assert.DoesNotContain("warning", published.Output, StringComparison.OrdinalIgnoreCase);

        CommandLine run = await CommandLine.RunAsync(Path.Combine(output, "MeaiBudget.AotSmoke"), [], folder);

        Assert.Contains("Every figure is right.", run.Succeeded().Output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(output, "MeaiBudget.dll")), "The library lies beside the program, so it was not compiled into it.");
    }
}
