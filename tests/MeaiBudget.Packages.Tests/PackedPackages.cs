using System.Reflection;
using System.Xml.Linq;
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

    /// <summary>The package of the templates of <c>dotnet new</c>, which has no assembly.</summary>
    public const string Templates = "MeaiBudget.Templates";

    /// <summary>The package of the analyzers, which the compiler loads and apps do not.</summary>
    public const string Analyzers = "MeaiBudget.Analyzers";

    /// <summary>The packable projects: those in src, without the templates and the analyzers.</summary>
    public static IReadOnlyList<string> Projects { get; } =
        [.. Directory.EnumerateDirectories(RepositoryFolder.PathOf("src"))
            .Select(folder => Path.GetFileName(folder))
            .Where(name => name != Templates && !name.StartsWith(Analyzers, StringComparison.Ordinal) && File.Exists(RepositoryFolder.PathOf("src", name, name + ".csproj")))
            .Order(StringComparer.Ordinal)];

    /// <summary>The libraries that are precompiled for some platforms: those that a call to a provider runs through.</summary>
    public static IReadOnlyList<string> Precompiled { get; } =
    [
        "MeaiBudget", "MeaiBudget.Anthropic", "MeaiBudget.LiteLLM", "MeaiBudget.Ollama", "MeaiBudget.OpenAI", "MeaiBudget.PostgreSql", "MeaiBudget.Redis", "MeaiBudget.Sqlite",
    ];

    /// <summary>The platforms that they are precompiled for.</summary>
    public static IReadOnlyList<string> Platforms { get; } = ["linux-arm64", "linux-x64", "win-x64"];

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

    /// <summary>
    /// Makes a new folder outside the sources, in which our packages come from those packed here and all others from the machine's own
    /// sources.
    /// </summary>
    internal async Task<string> NewFolderWithFeedAsync(string name)
    {
        string folder = NewFolder(name);
        CommandLine sources = await CommandLine.RunAsync("dotnet", ["nuget", "list", "source", "--format", "short"], folder);
        string[] others = [.. sources.Succeeded().Output.Split('\n', StringSplitOptions.TrimEntries).Where(line => line.StartsWith("E ", StringComparison.Ordinal)).Select(line => line[2..])];
        var configuration = new XElement(
            "configuration",
            new XElement("packageSources", new XElement("add", new XAttribute("key", "packed"), new XAttribute("value", Folder))),
            new XElement(
                "packageSourceMapping",
                new XElement("packageSource", new XAttribute("key", "packed"), Pattern("MeaiBudget"), Pattern("MeaiBudget.*")),
                others.Select(source => new XElement("packageSource", new XAttribute("key", source), Pattern("*")))));
        foreach (string source in others)
        {
            configuration.Element("packageSources")!.Add(new XElement("add", new XAttribute("key", source), new XAttribute("value", source)));
        }

        configuration.Element("packageSources")!.AddFirst(new XElement("clear"));
        await File.WriteAllTextAsync(Path.Combine(folder, "nuget.config"), configuration.ToString());
        return folder;

        static XElement Pattern(string pattern) => new("package", new XAttribute("pattern", pattern));
    }

    /// <summary>Keeps packages of this run apart from those of the same version that the machine has.</summary>
    internal IReadOnlyDictionary<string, string?> OwnPackageFolder => new Dictionary<string, string?> { ["NUGET_PACKAGES"] = Path.Combine(_folder, "restored") };

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
