using System.Text.Json;
using System.Text.RegularExpressions;

namespace MeaiBudget.Tests;

/// <summary>The packages have exactly the intended dependencies.</summary>
public sealed partial class DependencyTests(PackedPackages packages)
{
    /// <summary>Everything that comes with the core. Google.Protobuf and Microsoft.ML.Tokenizers are there because the vocabulary packages bring them.</summary>
    private static readonly string[] CoreClosure =
    [
        "Google.Protobuf",
        "Microsoft.Extensions.AI",
        "Microsoft.Extensions.AI.Abstractions",
        "Microsoft.Extensions.Caching.Abstractions",
        "Microsoft.Extensions.Caching.Memory",
        "Microsoft.Extensions.Compliance.Abstractions",
        "Microsoft.Extensions.Configuration",
        "Microsoft.Extensions.Configuration.Abstractions",
        "Microsoft.Extensions.Configuration.Binder",
        "Microsoft.Extensions.DependencyInjection",
        "Microsoft.Extensions.DependencyInjection.Abstractions",
        "Microsoft.Extensions.Diagnostics",
        "Microsoft.Extensions.Diagnostics.Abstractions",
        "Microsoft.Extensions.Http",
        "Microsoft.Extensions.Logging",
        "Microsoft.Extensions.Logging.Abstractions",
        "Microsoft.Extensions.ObjectPool",
        "Microsoft.Extensions.Options",
        "Microsoft.Extensions.Options.ConfigurationExtensions",
        "Microsoft.Extensions.Primitives",
        "Microsoft.ML.Tokenizers",
        "Microsoft.ML.Tokenizers.Data.Cl100kBase",
        "Microsoft.ML.Tokenizers.Data.O200kBase",
        "System.IO.Hashing",
        "System.Numerics.Tensors",
    ];

    /// <summary>The package of ours that the core needs.</summary>
    private const string OfCore = "MeaiBudget.Vocabularies";

    /// <summary>What each package states that it needs, besides our own.</summary>
    private static readonly Dictionary<string, string[]> Stated = new()
    {
        ["MeaiBudget.Anthropic"] = ["Anthropic"],
        ["MeaiBudget.AspNetCore"] = [],
        ["MeaiBudget.LiteLLM"] = [],
        ["MeaiBudget.Ollama"] = ["OllamaSharp"],
        ["MeaiBudget.OpenAI"] = ["Microsoft.Extensions.AI.OpenAI", "OpenAI"],
        ["MeaiBudget.PostgreSql"] = ["Npgsql"],
        ["MeaiBudget.Redis"] = ["StackExchange.Redis"],
        ["MeaiBudget.Sqlite"] = ["Microsoft.Data.Sqlite"],
        ["MeaiBudget.Testing"] = [],
        ["MeaiBudget.Tool"] = [],
        ["MeaiBudget.Vocabularies"] = [],
    };

    [Fact]
    public void TheCoresWholeClosureIsTheAllowedOne() => Assert.Equal(CoreClosure, ClosureOf("MeaiBudget"));

    [Fact]
    public void TheReadmeListsTheCoresWholeClosure()
    {
        string readme = File.ReadAllText(RepositoryFolder.PathOf("README.md"));
        string section = readme[readme.IndexOf("## What comes with it", StringComparison.Ordinal)..];
        section = section[..section.IndexOf("\n## ", 1, StringComparison.Ordinal)];
        string[] named = [.. PackageName().Matches(section).Select(match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal)];

        Assert.Equal(CoreClosure.Append(OfCore).Order(StringComparer.Ordinal), named);
    }

    [Fact]
    public void TheCoreStatesWhatItBringsAndOfOursOnlyTheVocabularies()
    {
        using Package core = packages.Open("MeaiBudget");

        Assert.Equal([OfCore], core.Dependencies.Keys.Except(CoreClosure));
        Assert.Equal($"[{core.Version}]", core.Dependencies[OfCore]);
    }

    [Fact]
    public void EveryOtherPackageStatesItsSdkAndTheExactVersionOfOurOwn()
    {
        Assert.Equal(PackedPackages.Projects.Where(project => project != "MeaiBudget"), Stated.Keys.Order(StringComparer.Ordinal));
        foreach ((string id, string[] expected) in Stated)
        {
            using Package package = packages.Open(id);
            ILookup<bool, KeyValuePair<string, string>> dependencies =
                package.Dependencies.ToLookup(dependency => dependency.Key.StartsWith("MeaiBudget", StringComparison.Ordinal));

            Assert.Equal(expected, dependencies[false].Select(dependency => dependency.Key).Order(StringComparer.Ordinal));
            Assert.All(dependencies[true], dependency => Assert.Equal($"[{package.Version}]", dependency.Value));
            Assert.Equal(id is "MeaiBudget.Tool" or OfCore, !dependencies[true].Any());
        }
    }

    /// <summary>The packages that a project restored and that put an assembly beside an app: analyzers do not.</summary>
    private static IEnumerable<string> ClosureOf(string project)
    {
        using var assets = JsonDocument.Parse(File.ReadAllText(RepositoryFolder.PathOf("src", project, "obj", "project.assets.json")));
        return [.. assets.RootElement.GetProperty("targets").GetProperty("net10.0").EnumerateObject()
            .Where(library => library.Value.GetProperty("type").GetString() == "package" && library.Value.TryGetProperty("runtime", out _))
            .Select(library => library.Name[..library.Name.IndexOf('/', StringComparison.Ordinal)])
            .Order(StringComparer.Ordinal)];
    }

    [GeneratedRegex(@"`([A-Z]\w*(?:\.\w+)+)`")]
    private static partial Regex PackageName();
}
