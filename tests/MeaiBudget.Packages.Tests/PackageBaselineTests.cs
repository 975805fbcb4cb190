using System.IO.Compression;
using System.Reflection;
using System.Reflection.Emit;

namespace MeaiBudget.Tests;

/// <summary>Packing against an earlier release finds what is gone.</summary>
public sealed class PackageBaselineTests(PackedPackages packages)
{
    private const string Id = "MeaiBudget.Ollama";

    [Fact]
    public async Task APublicTypeThatTheBaselineHasAndThePackageHasNotFailsThePack()
    {
        string folder = packages.NewFolder("baseline");
        string packed = Directory.EnumerateFiles(packages.Folder, Id + ".*.nupkg").Single();
        string baseline = Path.Combine(folder, Path.GetFileName(packed));
        File.Copy(packed, baseline);
        CommandLine same = await PackAsync(folder, Path.Combine(folder, "same"));
        same.Succeeded();

        Replace(baseline, $"lib/net10.0/{Id}.dll", AssemblyWithType("MeaiBudget.GoneType"));
        CommandLine changed = await PackAsync(folder, Path.Combine(folder, "changed"));
        Assert.NotEqual(0, changed.ExitCode);
        Assert.Contains("CP0001", changed.Output, StringComparison.Ordinal);
        Assert.Contains("MeaiBudget.GoneType", changed.Output, StringComparison.Ordinal);
    }

    /// <summary>The packages of the last release, if the variable names their folder: nothing public of them is gone.</summary>
    [Fact]
    public async Task NothingPublicIsGoneSinceTheLastRelease()
    {
        const string Variable = "MEAIBUDGET_BASELINE";
        string? baseline = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(baseline), $"{Variable} names no folder of released packages: make one with .ci/baseline TAG FOLDER.");
        string output = packages.NewFolder("against");
        foreach (string project in PackedPackages.Projects)
        {
            CommandLine packed = await PackAsync(project, baseline!, output);
            packed.Succeeded();
        }
    }

    private static Task<CommandLine> PackAsync(string baseline, string output) => PackAsync(Id, baseline, output);

    private static Task<CommandLine> PackAsync(string project, string baseline, string output) => CommandLine.RunAsync(
        "dotnet",
        ["pack", RepositoryFolder.PathOf("src", project, project + ".csproj"), "--no-build", "-c", PackedPackages.Configuration, "-o", output, $"-p:PackageBaseline={baseline}"],
        RepositoryFolder.PathOf("src"));

    /// <summary>Makes an assembly of the package's name that has one public type.</summary>
    private static byte[] AssemblyWithType(string name)
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName(Id) { Version = new Version(0, 0, 1, 0) }, typeof(object).Assembly);
        assembly.DefineDynamicModule(Id).DefineType(name, TypeAttributes.Public | TypeAttributes.Class).CreateType();
        using var stream = new MemoryStream();
        assembly.Save(stream);
        return stream.ToArray();
    }

    private static void Replace(string package, string entry, byte[] content)
    {
        using ZipArchive archive = ZipFile.Open(package, ZipArchiveMode.Update);
        archive.GetEntry(entry)!.Delete();
        using Stream stream = archive.CreateEntry(entry).Open();
        stream.Write(content);
    }
}
