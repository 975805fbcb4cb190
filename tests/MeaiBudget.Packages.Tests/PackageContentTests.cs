using System.Buffers.Binary;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace MeaiBudget.Tests;

/// <summary>The packages of <c>dotnet pack</c> have the content that a package page, a debugger and an editor need.</summary>
public sealed partial class PackageContentTests(PackedPackages packages)
{
    private const string Tool = "MeaiBudget.Tool";
    private const string Vocabularies = "MeaiBudget.Vocabularies";
    private const int IconSize = 128;

    public static TheoryData<string> All => [.. PackedPackages.Projects];

    public static TheoryData<string> Pages => [.. PackedPackages.Projects, PackedPackages.Analyzers];

    public static TheoryData<string> Libraries => [.. PackedPackages.Projects.Where(project => project != Tool)];

    [Fact]
    public void EveryProjectGivesAPackageAndSymbolsOfOneVersion()
    {
        string[] names = [.. Directory.EnumerateFiles(packages.Folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        using Package core = packages.Open("MeaiBudget");

        Assert.Equal(
            PackedPackages.Projects.SelectMany(project => new[] { $"{project}.{core.Version}.nupkg", $"{project}.{core.Version}.snupkg" })
                .Append($"{PackedPackages.Templates}.{core.Version}.nupkg")
                .Append($"{PackedPackages.Analyzers}.{core.Version}.nupkg")
                .Order(StringComparer.Ordinal),
            names);
    }

    [Theory, MemberData(nameof(Pages))]
    public void ThePageHasDescriptionLicenceIconAndLinks(string id)
    {
        using Package package = packages.Open(id);

        Assert.Equal(id, package.Text("id"));
        Assert.Equal("MIT", package.Text("license"));
        Assert.Equal("expression", package.Element("license")!.Attribute("type")!.Value);
        Assert.EndsWith(".", package.Text("description"), StringComparison.Ordinal);
        Assert.False(string.IsNullOrWhiteSpace(package.Text("authors")));
        Assert.Contains("Microsoft.Extensions.AI", package.Text("tags")!.Split(' '));
        Assert.StartsWith("https://", package.Text("projectUrl"), StringComparison.Ordinal);
        Assert.Equal("git", package.Element("repository")!.Attribute("type")!.Value);
        byte[] icon = package.Read(package.Text("icon")!);
        Assert.Equal("PNG"u8, icon.AsSpan(1, 3));
        Assert.Equal((IconSize, IconSize), (BinaryPrimitives.ReadInt32BigEndian(icon.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(icon.AsSpan(20))));
    }

    [Theory, MemberData(nameof(Pages))]
    public void TheReadmeLeadsNowhereRelative(string id)
    {
        using Package package = packages.Open(id);

        string readme = package.ReadText(package.Text("readme")!);

        Assert.StartsWith("# MeaiBudget", readme.TrimStart('\uFEFF'), StringComparison.Ordinal);
        Assert.NotEmpty(Link().Matches(readme));
        Assert.All(Link().Matches(readme), link => Assert.StartsWith("https://", link.Groups[1].Value, StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Libraries))]
    public void ALibraryHasItsAssemblyDocumentationAndNothingElse(string id)
    {
        using Package package = packages.Open(id);

        Assert.Equal(
            [$"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml"],
            package.Files.Where(file => file.StartsWith("lib/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal(
            PackedPackages.Configuration == "Release" && PackedPackages.Precompiled.Contains(id) ? PackedPackages.Platforms.Select(platform => $"runtimes/{platform}/lib/net10.0/{id}.dll") : [],
            package.Files.Where(file => file.StartsWith("runtimes/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.NotEmpty(XDocument.Parse(package.ReadText($"lib/net10.0/{id}.xml")).Descendants("member"));
        Assert.DoesNotContain(package.Files, file => file.StartsWith("content", StringComparison.Ordinal));
    }

    [Fact]
    public void TheAnalyzersAreForTheCompilerOnly()
    {
        using Package package = packages.Open(PackedPackages.Analyzers);

        Assert.Equal(
            ["analyzers/dotnet/cs/MeaiBudget.Analyzers.CodeFixes.dll", "analyzers/dotnet/cs/MeaiBudget.Analyzers.dll"],
            package.Files.Where(file => file.EndsWith(".dll", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(package.Files, file => file.StartsWith("lib/", StringComparison.Ordinal) || file.StartsWith("content", StringComparison.Ordinal));
        Assert.Equal("true", package.Text("developmentDependency"));
        Assert.Empty(package.Dependencies);
    }

    [Theory, MemberData(nameof(Libraries))]
    public void ALibrarysPublicSurfaceIsWrittenDown(string id)
    {
        string[] lines = [.. File.ReadLines(RepositoryFolder.PathOf("src", id, "PublicAPI.Shipped.txt")), .. File.ReadLines(RepositoryFolder.PathOf("src", id, "PublicAPI.Unshipped.txt"))];

        Assert.Contains("#nullable enable", lines);
        Assert.Equal(id != Vocabularies, lines.Any(line => !line.StartsWith('#') && line.Length > 0));
    }

    [Theory, MemberData(nameof(All))]
    public void SymbolsHoldTheirSourcesAndNameNoFolderOfTheMachine(string id)
    {
        using Package package = packages.Open(id);
        string pdb = Assert.Single(package.SymbolFiles, file => file.EndsWith($"/{id}.pdb", StringComparison.Ordinal));
        using var symbols = new PackageSymbols(package.ReadSymbols(pdb));

        Assert.Empty(symbols.DocumentsWithoutSource);
        if (PackedPackages.Configuration != "Release" || !Path.Exists(RepositoryFolder.PathOf(".git")))
        {
            Assert.Skip("Only a Release build of a git clone is deterministic and linked to its sources.");
        }

        Assert.All(symbols.Documents, document => Assert.StartsWith("/_/", document, StringComparison.Ordinal));
        Assert.Matches("""^\{"documents":\{"/_/\*":"https://[^"]+/[0-9a-f]{40}/\*"\}\}$""", symbols.SourceLink);
    }

    [GeneratedRegex(@"\]\(([^)]+)\)")]
    private static partial Regex Link();
}
