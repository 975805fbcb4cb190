using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace MeaiBudget.Tool;

/// <summary>The command <c>meaibudget</c>: its commands, and what they share: wrong usage, Ctrl-C, unexpected errors.</summary>
internal static class ToolProgram
{
    /// <summary>The exit code if a command is not used as its help says.</summary>
    public const int WrongUsage = 2;

    /// <summary>Creates the command with all others below it.</summary>
    public static RootCommand CreateRoot()
    {
        var root = new RootCommand("Budgets, token counts and prices for chat models.")
        {
            DemoCommand.Create(), ChatCommand.Create(), PricesCommand.Create(), CountCommand.Create(), QuoteCommand.Create(), CostCommand.Create(), AccuracyCommand.Create(),
            DoctorCommand.Create(), ReportCommand.Create(), WatchCommand.Create(), BudgetCommand.Create(), SimulateCommand.Create(), SimulatorCommand.Create(), LedgerCommands.Create(),
            ReconcileCommand.Create(), RepriceCommand.Create(), ExportCommand.Create(), DashboardCommand.Create(), CompletionsCommand.Create(),
        };
        foreach (HelpOption help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpWithExamples((HelpAction)help.Action!);
        }

        return root;
    }

    // Ids of Cloudflare's models begin with an @, which the parser would take for a file with more arguments.
    private static readonly ParserConfiguration Parser = new() { ResponseFileTokenReplacer = null };

    /// <summary>Runs the command line of the process.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        StandardStreams.Protect();
        return await RunAsync(args, Console.Out, Console.Error);
    }

    /// <summary>Runs a command line.</summary>
    internal static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        RootCommand root = CreateRoot();
        var messages = new PrintableWriter(error, redacts: true);
        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = output, Error = messages };
        ParseResult parsed;
        try
        {
            parsed = root.Parse(args, Parser);
        }
        catch (InvalidOperationException exception)
        {
            // A validator asked for a value that cannot be read; the parser then throws instead of reporting it.
            await messages.WriteLineAsync(UsageError.Describe(exception.Message));
            await messages.WriteLineAsync("'meaibudget --help' lists the commands.");
            return WrongUsage;
        }

        // Where a command takes a file, the parser takes an option that it does not know for the name of one.
        string? unknownOption = parsed.Tokens.FirstOrDefault(token =>
            token.Type == TokenType.Argument && token.Value.StartsWith("--", StringComparison.Ordinal) && !File.Exists(token.Value))?.Value;
        bool isCompletion = parsed.Tokens.Any(token => token.Type == TokenType.Directive);
        bool isWrong = !isCompletion && (parsed.Action is ParseErrorAction || unknownOption is not null);
        if (!isWrong && parsed.CommandResult.Command.Name == ChatCommand.Name)
        {
            // A chat handles Ctrl-C itself: it stops an answer, not the program.
            return await parsed.InvokeAsync(configuration);
        }

        // Exceptions that a command expects become messages in the command. What remains is a defect, and shown with its stack.
        // The word that says so at Ctrl-C is written as it is, at once: the process ends soon.
        using var interruption = Interruption.Watch(error);
        try
        {
            if (isWrong)
            {
                return await ExplainAsync(root, parsed, unknownOption, args.Length == 0, configuration);
            }

            int exitCode = await parsed.InvokeAsync(configuration, interruption.Token);
            return interruption.Token.IsCancellationRequested ? Interruption.ExitCode : exitCode;
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            return Interruption.ExitCode;
        }
        catch (StandardOutputException exception)
        {
            await messages.WriteLineAsync(exception.Message);
            return 1;
        }
#pragma warning disable CA1031 // The last place that can turn an exception into a message.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            await messages.WriteLineAsync($"Unexpected error, please report it: {exception}");
            return 1;
        }
    }

    /// <summary>Says on standard error what is wrong. A command that only has others below it shows its help.</summary>
    private static async Task<int> ExplainAsync(RootCommand root, ParseResult parsed, string? unknownOption, bool isEmpty, InvocationConfiguration configuration)
    {
        string command = CommandExamples.PathOf(parsed.CommandResult) is { Length: > 0 } path ? path + " " : "";
        if (parsed.CommandResult.Command.Subcommands.Count > 0 && parsed.UnmatchedTokens.Count == 0)
        {
            configuration.Output = isEmpty ? configuration.Output : configuration.Error;
            await root.Parse(command + "--help").InvokeAsync(configuration);
            return isEmpty ? 0 : WrongUsage;
        }

        IEnumerable<string> errors = unknownOption is null ? UsageError.DescribeAll(parsed.Errors) : [$"Unrecognized option '{unknownOption}'."];
        foreach (string error in errors.Distinct())
        {
            await configuration.Error.WriteLineAsync(error);
        }

        await configuration.Error.WriteLineAsync($"'meaibudget {command}--help' shows what it takes.");
        return WrongUsage;
    }
}
