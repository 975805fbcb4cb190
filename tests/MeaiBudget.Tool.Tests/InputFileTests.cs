using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

/// <summary>Files that are missing, folders in the place of files, and files that are not JSON: each is a message that an editor's user understands.</summary>

public sealed class InputFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("meaibudget-input-");

    public void Dispose() => _folder.Delete(recursive: true);

    public static TheoryData<string> Commands =>
    [
        "report FILE", "watch FILE --once", "budget list FILE", "ledger check FILE", "export FILE --format csv", "simulate --ledger FILE --config FILE", "dashboard --ledger FILE",
        "prices check FILE", "cost diff FILE FILE", "reprice FILE --catalog FILE", "doctor --config FILE",
    ];

    [Theory, MemberData(nameof(Commands))]
    public async Task AMissingFileIsNamedAsMissing(string command)
    {
        string said = await FailAsync(command, Path.Combine(_folder.FullName, "missing.json"));

        Assert.Contains("does not exist", said, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Commands))]
    public async Task AFolderIsNotAFileWithoutAccess(string command)
    {
        string said = await FailAsync(command, _folder.FullName);

        Assert.DoesNotContain("denied", said, StringComparison.Ordinal);
        Assert.DoesNotContain("does not exist", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("prices check FILE")]
    [InlineData("cost diff FILE FILE")]
    [InlineData("doctor --config FILE")]
    [InlineData("simulate --ledger FILE --config FILE")]
    public async Task AFileThatIsNotJsonHasALineCountedFromOne(string command)
    {
        string file = Path.Combine(_folder.FullName, "broken.json");
        await File.WriteAllTextAsync(file, "{\n  \"a\": oops\n}", TestContext.Current.CancellationToken);

        string said = await FailAsync(command, file);

        Assert.Contains("line 2", said, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", said, StringComparison.Ordinal);
        Assert.DoesNotContain("BytePositionInLine", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnUnknownSettingIsNamed()
    {
        string file = Path.Combine(_folder.FullName, "budgets.json");
        await File.WriteAllTextAsync(file, """{ "budgets": [ { "name": "day", "limt": 1 } ] }""", TestContext.Current.CancellationToken);

        string said = await FailAsync("simulate --ledger FILE --config FILE", file);

        Assert.Contains("there is no setting 'limt'.", said, StringComparison.Ordinal);
        Assert.DoesNotContain("MeaiBudget.Tool", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AValueOfTheWrongTypeIsNamedByItsPath()
    {
        string file = Path.Combine(_folder.FullName, "budgets.json");
        await File.WriteAllTextAsync(file, """{ "budgets": [ { "name": "day", "limit": "much" } ] }""", TestContext.Current.CancellationToken);

        string said = await FailAsync("simulate --ledger FILE --config FILE", file);

        Assert.Contains("$.budgets[0].limit", said, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", said, StringComparison.Ordinal);
    }

    /// <summary>Runs a command that fails, and returns what it says on both outputs.</summary>
    private static async Task<string> FailAsync(string command, string file)
    {
        using StringWriter output = new(), error = new();
        int code = await ToolProgram.RunAsync([.. command.Split(' ').Select(word => word == "FILE" ? file : word)], output, error);

        string said = output.ToString() + error;
        Assert.True(code is 1 or 2, said);
        Assert.DoesNotContain("Unexpected error", said, StringComparison.Ordinal);
        return said;
    }
}
