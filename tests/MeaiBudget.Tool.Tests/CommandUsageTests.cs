using System.CommandLine;
using System.CommandLine.Completions;
using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

/// <summary>Every command has examples that it takes, and says on standard error with exit code 2 what is wrong with its usage.</summary>
public sealed class CommandUsageTests
{
    public static TheoryData<string> Commands => [.. All(ToolProgram.CreateRoot(), "").Select(one => one.Path)];

    public static TheoryData<string, string> TypedOptions => [.. All(ToolProgram.CreateRoot(), "")
        .SelectMany(one => one.Command.Options.Where(option => IsTyped(option.ValueType)).Select(option => (one.Path, option.Name)))];

    [Theory, MemberData(nameof(Commands))]
    public void R6_EveryExampleIsTakenByItsCommand(string path)
    {
        (string Arguments, string What)[] examples = CommandExamples.Of(path);

        Assert.NotEmpty(examples);
        foreach ((string arguments, _) in examples)
        {
            string command = arguments.Split('|')[^1].Trim();
            command = command.StartsWith("meaibudget ", StringComparison.Ordinal) ? command["meaibudget ".Length..] : command;
            Assert.StartsWith(path, command, StringComparison.Ordinal);
            ParseResult parsed = ToolProgram.CreateRoot().Parse(command);
            Assert.True(parsed.Errors.Count == 0, $"{command}: {string.Join(' ', parsed.Errors.Select(error => error.Message))}");
        }
    }

    [Fact]
    public void R6_NoExampleIsOfAnUnknownCommand() =>
        Assert.Empty(CommandExamples.Everything.Keys.Except(All(ToolProgram.CreateRoot(), "").Select(one => one.Path)));

    [Theory, MemberData(nameof(Commands))]
    public async Task R6_HelpEndsWithTheExamples(string path)
    {
        (int code, string output, string error) = await RunAsync([.. path.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

        Assert.Equal((0, ""), (code, error));
        Assert.Contains("Examples:", output, StringComparison.Ordinal);
        Assert.Contains(CommandExamples.Of(path)[0].Arguments, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AModelWhoseIdBeginsWithAnAtSignIsNoFileOfArguments()
    {
        (_, string output, string error) = await RunAsync(["prices", "find", "@cf/meta/llama-3.3-70b-instruct-fp8-fast"]);

        Assert.Empty(error);
        Assert.Contains("@cf/meta/llama-3.3-70b-instruct-fp8-fast", output, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Commands))]
    public async Task R6_AnUnknownOptionIsWrongUsage(string path) =>
        await AssertWrongUsageAsync([.. path.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--no-such-option"]);

    [Theory, MemberData(nameof(Commands))]
    public async Task R6_AMissingArgumentIsWrongUsage(string path)
    {
        Command command = All(ToolProgram.CreateRoot(), "").Single(one => one.Path == path).Command;
        Assert.SkipUnless(command.Arguments.Any(argument => argument.Arity.MinimumNumberOfValues > 0) || command.Options.Any(option => option.Required), "It requires nothing.");

        await AssertWrongUsageAsync(path.Split(' '));
    }

    [Theory, MemberData(nameof(TypedOptions))]
    public async Task R6_AValueOfTheWrongTypeIsWrongUsage(string path, string option)
    {
        string[] example = [.. CommandExamples.Of(path).Select(one => one.Arguments).First(arguments => !arguments.Contains('|', StringComparison.Ordinal)).Split(' ')];

        await AssertWrongUsageAsync([.. example, option, "not-a-value"]);
    }

    [Theory]
    [InlineData("report spend.db --by nonsense")]
    [InlineData("report spend.db --from yesterday")]
    [InlineData("report spend.db --time-zone Mars/Base")]
    [InlineData("report spend.db --json --csv")]
    [InlineData("simulate --ledger spend.db --config budgets.json --fail-if-refused often")]
    [InlineData("budget set spend.db day lots --reason test")]
    [InlineData("budget grant spend.db day 5 --until later --reason test")]
    [InlineData("ledger forget spend.db --tag alice")]
    [InlineData("ledger retention spend.db --days -1")]
    [InlineData("reconcile spend.db")]
    [InlineData("reprice spend.db --catalog default --by nonsense")]
    [InlineData("export spend.db --format xml")]
    [InlineData("quote request.json --expected-output -1")]
    [InlineData("dashboard --ledger spend.db --port 70000")]
    [InlineData("watch spend.db --interval 0")]
    [InlineData("chat --budget -1")]
    [InlineData("completions csh")]
    [InlineData("budget list env:NOT_SET_ANYWHERE")]
    public async Task R6_AValueThatMeansNothingIsWrongUsage(string arguments)
    {
        string folder = Directory.CreateTempSubdirectory("meaibudget-usage-").FullName;
        string ledger = Path.Combine(folder, "spend.db");
        using (SqliteSpendLedger.Open(ledger))
        {
        }

        await AssertWrongUsageAsync(arguments.Replace("spend.db", ledger, StringComparison.Ordinal).Split(' '));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task R6_CommandsAndOptionsAreCompleted()
    {
        (int code, string commands, _) = await RunAsync(["[suggest:2]", "re"]);
        (_, string options, _) = await RunAsync(["[suggest:11]", "report --by "]);

        Assert.Equal(0, code);
        Assert.Equal(["reconcile", "report", "reprice"], commands.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Order());
        Assert.NotNull(options);
    }

    [Fact]
    public async Task R6_BashCompletesWithThePrintedCode()
    {
        Assert.SkipUnless(!OperatingSystem.IsWindows() && CommandLine.Exists("bash"), "There is no bash.");
        string program = Path.Combine(AppContext.BaseDirectory, "MeaiBudget.Tool.dll");
        CommandLine run = await CommandLine.RunAsync(
            "bash",
            [
                "-c",
                $"meaibudget() {{ dotnet '{program}' \"$@\"; }}; eval \"$(meaibudget completions bash)\"; "
                + "try() { COMP_LINE=\"$1\"; COMP_POINT=${#1}; COMP_WORDS=($1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _meaibudget; echo \"${COMPREPLY[*]}\" | tr '\\n' ' '; echo; }; try 'meaibudget rep'; try 'meaibudget ledger ch'; try 'meaibudget watch --in'",
            ],
            Path.GetTempPath());

        Assert.Equal(["report reprice", "check", "--interval"], run.Succeeded().Output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim()));
    }

    /// <summary>Messages repeat addresses and arguments, which may have passwords and keys in them.</summary>
    [Theory]
    [InlineData("prices update --from https://joe:Kestrel-4821@127.0.0.1:9/prices.json")]
    [InlineData("prices update --from https://127.0.0.1:9/prices.json?token=Kestrel-4821")]
    [InlineData("prices update --from token=Kestrel-4821.json")]
    [InlineData("report postgres://joe:Kestrel-4821@127.0.0.1:9/db")]
    [InlineData("report redis://joe:Kestrel-4821@127.0.0.1:9/x")]
    [InlineData("report --password=Kestrel-4821")]
    [InlineData("doctor --budget password=Kestrel-4821")]
    public async Task Q7_NoMessageRepeatsAPassword(string arguments)
    {
        (int code, string output, string error) = await RunAsync(arguments.Split(' '));

        Assert.NotEqual(0, code);
        Assert.NotEqual("", error);
        Assert.DoesNotContain("Kestrel-4821", output + error, StringComparison.Ordinal);
    }

    private static bool IsTyped(Type type) => (Nullable.GetUnderlyingType(type) ?? type) is var plain && (plain.IsEnum || plain == typeof(Guid) || plain == typeof(DateOnly)
        || plain == typeof(int) || plain == typeof(long) || plain == typeof(decimal) || plain == typeof(double) || plain == typeof(TimeSpan));

    private static IEnumerable<(string Path, Command Command)> All(Command command, string path)
    {
        yield return (path, command);
        foreach (Command inner in command.Subcommands)
        {
            foreach ((string, Command) one in All(inner, path.Length == 0 ? inner.Name : $"{path} {inner.Name}"))
            {
                yield return one;
            }
        }
    }

    private static async Task AssertWrongUsageAsync(string[] arguments)
    {
        (int code, string output, string error) = await RunAsync(arguments);

        Assert.True(code == 2, $"{string.Join(' ', arguments)} ended with {code}: {output}{error}");
        Assert.Equal("", output);
        Assert.NotEqual("", error);
        Assert.DoesNotContain("Unexpected error", error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", error, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await ToolProgram.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
