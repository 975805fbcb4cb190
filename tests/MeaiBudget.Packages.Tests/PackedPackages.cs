using System.Reflection;
using MeaiBudget.Tests;

[assembly: AssemblyFixture(typeof(PackedPackages))]

namespace MeaiBudget.Tests;

/// <summary>Every package, packed once for all tests from what was built with them, into a folder of its own.</summary>
public sealed class PackedPackages : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("meaibudget-packages-").FullName;

    /// <summary>The packable projects: those in src.</summary>
    public static IReadOnlyList<string> Projects { get; } =
        [.. Directory.EnumerateFiles(RepositoryFolder.PathOf("src"), "*.csproj", SearchOption.AllDirectories).Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    public static string Configuration { get; } =
        typeof(PackedPackages).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    /// <summary>The folder of the packages, to be used as a package source.</summary>
    public string Folder => Path.Combine(_folder, "packages");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Folder);
        CommandLine packed = await CommandLine.RunAsync(
            "dotnet", ["pack", RepositoryFolder.PathOf("MeaiBudget.sln"), "--no-build", "-c", Configuration, "-o", Folder, "-m:1"], _folder);
        packed.Succeeded();
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    internal Package Open(string id) => Package.Open(Folder, id);

    /// <summary>A new folder outside the sources, which goes with the packages.</summary>
    internal string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
}
