using System.Reflection;
using MeaiBudget.Tests;

[assembly: AssemblyFixture(typeof(PackedPackages))]

namespace MeaiBudget.Tests;

/// <summary>All packages, packed once for all tests from their build into a separate folder.</summary>
/// <remarks>Packing and publishing take minutes, so it is done only where <see cref="Variable"/> is set; tests that ask for a package are skipped elsewhere.</remarks>
public sealed class PackedPackages : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("meaibudget-packages-").FullName;

    private const string Variable = "MEAIBUDGET_PACKAGES";

    private static readonly bool IsWanted = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 };

    /// <summary>The packable projects: those in src.</summary>
    public static IReadOnlyList<string> Projects { get; } =
        [.. Directory.EnumerateFiles(RepositoryFolder.PathOf("src"), "*.csproj", SearchOption.AllDirectories).Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    public static string Configuration { get; } =
        typeof(PackedPackages).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    /// <summary>The folder of the packages, to be used as a package source.</summary>
    public string Folder
    {
        get
        {
            SkipUnlessWanted();
            return Path.Combine(_folder, "packages");
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (!IsWanted)
        {
            return;
        }

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
    internal string NewFolder(string name)
    {
        SkipUnlessWanted();
        return Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
    }

    private static void SkipUnlessWanted()
    {
        if (!IsWanted)
        {
            Assert.Skip($"Set {Variable}=1 to pack, publish and install the packages, which takes some minutes.");
        }
    }
}
