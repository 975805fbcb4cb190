using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace MeaiBudget.Tests;

/// <summary>docs/architecture.md shows the projects and folders as they are.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly Page Architecture = Page.Of("docs/architecture.md");

    /// <summary>The rooms of the core by floor, the lowest first. A room uses only rooms on lower floors; there are no exceptions.</summary>
    private static readonly string[][] Floors =
    [
        ["Options", "Redaction"],
        ["Diagnostics"],
        ["Pricing", "Tokens"],
        ["Wire"],
        ["Failures"],
        ["Estimation", "Ledgers"],
        ["Providers"],
        ["Spending"],
        ["Calls"],
        ["Fallback", "Retry", "TokenEstimation"],
        ["Budgets", "Logging"],
        ["Configuration"],
    ];

    [Fact]
    public void TheDiagramOfProjectsIsThatOfTheirReferences()
    {
        string diagram = Architecture.Fences.Single(fence => fence.Has("diagram: projects")).Text;
        string[] shown = [.. Arrow().Matches(diagram).Select(match => $"{match.Groups[1].Value} -> {match.Groups[2].Value}").Order(StringComparer.Ordinal)];
        string[] real = [.. Directory.EnumerateDirectories(RepositoryFolder.PathOf("src"))
            .Select(folder => Path.Combine(folder, Path.GetFileName(folder) + ".csproj"))
            .Where(File.Exists)
            .SelectMany(project => XDocument.Load(project).Descendants("ProjectReference")
                .Select(reference => $"{Path.GetFileNameWithoutExtension(project)} -> {Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)}"))
            .Order(StringComparer.Ordinal)];

        Assert.Equal(real, shown);
    }

    [Fact]
    public void EveryRoomOfTheCoreUsesOnlyRoomsOnLowerFloors() => Assert.Empty(UpwardUses(RoomDependencies.RoomOf));

    /// <summary>The check above sees a file that is put where it does not belong.</summary>
    [Theory]
    [InlineData("SecretRedactor.cs", "Logging")]
    [InlineData("WrittenText.cs", "Logging")]
    [InlineData("LoggedException.cs", "Logging")]
    [InlineData("ISpendLedger.cs", "Budgets")]
    [InlineData("LedgerOutbox.cs", "Configuration")]
    [InlineData("ITokenEstimator.cs", "Tokens")]
    [InlineData("TokenEstimate.cs", "Tokens")]
    [InlineData("LedgeredReservation.cs", "Spending")]
    [InlineData("CallTags.cs", "Calls")]
    [InlineData("CostTelemetry.cs", "Diagnostics")]
    [InlineData("ReservationOptions.cs", "Budgets")]
    public void AFileInAWrongRoomIsFound(string file, string room)
    {
        Assert.Contains(RoomDependencies.Files, path => Path.GetFileName(path) == file);
        Assert.NotEmpty(UpwardUses(path => Path.GetFileName(path) == file ? room : RoomDependencies.RoomOf(path)));
    }

    [Fact]
    public void EveryFileOfTheCoreLiesInAKnownRoom() =>
        Assert.Empty(RoomDependencies.Files.Select(RoomDependencies.RoomOf).Distinct().Except(Floors.SelectMany(floor => floor)));

    [Fact]
    public void NoFolderHoldsMoreThanThirtyFiles()
    {
        string[] full = [.. new[] { "src", "tests", "benchmarks" }
            .SelectMany(folder => Directory.EnumerateFiles(RepositoryFolder.PathOf(folder), "*.cs", SearchOption.AllDirectories))
            .GroupBy(file => Path.GetDirectoryName(file)!)
            .Where(folder => folder.Count() > 30 && !folder.Key.Split(Path.DirectorySeparatorChar).Intersect(["obj", "bin"]).Any())
            .Select(folder => $"{folder.Key}: {folder.Count()}")];
        Assert.Empty(full);
    }

    [Fact]
    public void ThePageShowsTheFloorsAsTheyAre()
    {
        string[] shown = [.. Architecture.Lines.Select(line => FloorRow().Match(line)).Where(match => match.Success)
            .Select(match => $"{match.Groups[1]}: {string.Join(", ", match.Groups[2].Value.Split(',', StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal))}")];
        string[] real = [.. Floors.Select((rooms, floor) => $"{floor}: {string.Join(", ", rooms.Order(StringComparer.Ordinal))}").Reverse()];
        Assert.Equal(real, shown);
    }

    [Fact]
    public void ThePageShowsTheFoldersInsideEachRoom()
    {
        string[] shown = [.. Architecture.Lines.Select(line => InsideRow().Match(line)).Where(match => match.Success)
            .SelectMany(match => match.Groups[2].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(folder => $"{match.Groups[1]}/{folder}"))
            .Order(StringComparer.Ordinal)];
        string core = RepositoryFolder.PathOf("src", "MeaiBudget");
        string[] real = [.. RoomDependencies.Files
            .Select(file => Path.GetRelativePath(core, file).Split(Path.DirectorySeparatorChar))
            .Where(parts => parts.Length > 2)
            .Select(parts => $"{parts[0]}/{parts[1]}").Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(real, shown);
    }

    /// <summary>The page answers at least ten questions of the form "where is ...", and each answer names files that exist.</summary>
    [Fact]
    public void EveryFileThatAnswersAQuestionExists()
    {
        string[][] answers = [.. Architecture.Lines.Select(line => QuestionRow().Match(line)).Where(match => match.Success)
            .Select(match => CodeSpan().Matches(match.Groups[1].Value).Select(span => span.Groups[1].Value).ToArray())];
        Assert.True(answers.Length >= 10, $"The page answers {answers.Length} questions.");
        Assert.All(answers, files => Assert.NotEmpty(files));
        Assert.All(answers.SelectMany(files => files), file => Assert.True(
            File.Exists(RepositoryFolder.PathOf(["src", "MeaiBudget", .. file.Split('/')])), $"src/MeaiBudget/{file} does not exist."));
    }

    /// <summary>The uses of a type in a room that does not lie on a lower floor.</summary>
    private static string[] UpwardUses(Func<string, string> roomOf)
    {
        var floorOf = Floors.SelectMany((rooms, floor) => rooms.Select(room => (room, floor))).ToDictionary(at => at.room, at => at.floor, StringComparer.Ordinal);
        return [.. RoomDependencies.Uses
            .Select(use => (From: roomOf(use.Key.From), To: roomOf(use.Key.To), Place: use.Value))
            .Where(use => use.From != use.To && floorOf[use.From] <= floorOf[use.To])
            .Select(use => $"{use.From} uses {use.To}: {use.Place}")
            .Order(StringComparer.Ordinal)];
    }

    [GeneratedRegex(@"^\s*([\w.]+) --> ([\w.]+)\s*$", RegexOptions.Multiline)]
    private static partial Regex Arrow();

    [GeneratedRegex(@"^\| (\d+) \| ([\w, ]+?) \|")]
    private static partial Regex FloorRow();

    /// <summary>Rows such as <c>Wire/           Answers  Json  Requests</c>.</summary>
    [GeneratedRegex(@"^(\w+)/ +((?:\w+ *)+)$")]
    private static partial Regex InsideRow();

    /// <summary>Rows such as <c>| Where is the retry loop? | `Calls/Attempts/CandidateRun.cs` |</c>.</summary>
    [GeneratedRegex(@"^\| [^|]+\? \| (.+) \|$")]
    private static partial Regex QuestionRow();

    [GeneratedRegex(@"`([\w./]+\.cs)`")]
    private static partial Regex CodeSpan();
}
