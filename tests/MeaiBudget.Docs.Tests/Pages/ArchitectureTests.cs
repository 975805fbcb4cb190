using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace MeaiBudget.Tests;

/// <summary>docs/architecture.md shows the projects and folders as they are.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly Page Architecture = Page.Of("docs/architecture.md");

    [Fact]
    public void TheDiagramOfProjectsIsThatOfTheirReferences()
    {
        string diagram = Architecture.Fences.Single(fence => fence.Has("diagram: projects")).Text;
        string[] shown = [.. Arrow().Matches(diagram).Select(match => $"{match.Groups[1].Value} -> {match.Groups[2].Value}").Order(StringComparer.Ordinal)];
        string[] real = [.. Directory.EnumerateFiles(RepositoryFolder.PathOf("src"), "*.csproj", SearchOption.AllDirectories)
            .SelectMany(project => XDocument.Load(project).Descendants("ProjectReference")
                .Select(reference => $"{Path.GetFileNameWithoutExtension(project)} -> {Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)}"))
            .Order(StringComparer.Ordinal)];

        Assert.Equal(real, shown);
    }

    [Fact]
    public void EveryFolderOfTheCoreStandsOnAFloorAndUsesOnlyWhatIsBelow()
    {
        Dictionary<string, int> floors = Floors();
        HashSet<(string, string)> allowed = Exceptions(floors);
        IReadOnlyDictionary<(string From, string To), string> uses = FolderDependencies.Find();

        string[] withoutFloor = [.. Directory.EnumerateFiles(RepositoryFolder.PathOf("src", "MeaiBudget"), "*.cs", SearchOption.AllDirectories)
            .Select(FolderDependencies.FolderOf).Distinct().Where(folder => folder is not ("bin" or "obj") && !floors.ContainsKey(folder))];
        Assert.Empty(withoutFloor);
        string[] upwards = [.. uses
            .Where(use => floors[use.Key.From] <= floors[use.Key.To] && !allowed.Contains(use.Key))
            .Select(use => $"{use.Key.From} uses {use.Key.To}: {use.Value}")
            .Order(StringComparer.Ordinal)];
        Assert.True(upwards.Length == 0, string.Join(Environment.NewLine, upwards));
    }

    /// <summary>Rows such as <c>| 2 | Calls | ... |</c>.</summary>
    private static Dictionary<string, int> Floors() => Architecture.Lines
        .Select(line => Floor().Match(line))
        .Where(match => match.Success)
        .SelectMany(match => Names(match.Groups[2]).Select(folder => (Folder: folder, Number: int.Parse(match.Groups[1].ValueSpan, provider: null))))
        .ToDictionary(floor => floor.Folder, floor => floor.Number);

    /// <summary>Rows such as <c>| Budgets, Calls | Logging | why |</c>.</summary>
    private static HashSet<(string From, string To)> Exceptions(Dictionary<string, int> floors) => [.. Architecture.Lines
        .Select(line => ExceptionRow().Match(line))
        .Where(match => match.Success)
        .SelectMany(match => Names(match.Groups[1]).SelectMany(from => Names(match.Groups[2]).Select(to => (from, to))))
        .Where(use => floors.ContainsKey(use.from) && floors.ContainsKey(use.to))];

    private static string[] Names(Group group) => group.Value.Split(',', StringSplitOptions.TrimEntries);

    [GeneratedRegex(@"^\s*([\w.]+) --> ([\w.]+)\s*$", RegexOptions.Multiline)]
    private static partial Regex Arrow();

    [GeneratedRegex(@"^\| (\d) \| ([\w, ]+?) \|")]
    private static partial Regex Floor();

    [GeneratedRegex(@"^\| ([A-Za-z, ]+?) \| ([A-Za-z, ]+?) \| .+ \|$")]
    private static partial Regex ExceptionRow();
}
