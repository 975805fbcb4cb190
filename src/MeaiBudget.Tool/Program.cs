using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using MeaiBudget.Tool;

const int WrongUsage = 2;

var root = new RootCommand("Budgets, token counts and prices for chat models.");
root.Subcommands.Add(DemoCommand.Create());
root.Subcommands.Add(ChatCommand.Create());
root.Subcommands.Add(PricesCommand.Create());
root.Subcommands.Add(CountCommand.Create());
root.Subcommands.Add(QuoteCommand.Create());
root.Subcommands.Add(CostCommand.Create());
root.Subcommands.Add(AccuracyCommand.Create());
root.Subcommands.Add(DoctorCommand.Create());
root.Subcommands.Add(ReportCommand.Create());
root.Subcommands.Add(WatchCommand.Create());
root.Subcommands.Add(BudgetCommand.Create());
root.Subcommands.Add(SimulateCommand.Create());
root.Subcommands.Add(SimulatorCommand.Create());
root.Subcommands.Add(LedgerCommands.Create());
root.Subcommands.Add(ReconcileCommand.Create());
root.Subcommands.Add(RepriceCommand.Create());
root.Subcommands.Add(ExportCommand.Create());
root.Subcommands.Add(DashboardCommand.Create());

// What is written without a table repeats names that callers chose: in messages of exceptions, in notes.
Console.SetOut(new PrintableWriter(Console.Out));
Console.SetError(new PrintableWriter(Console.Error));

ParseResult parsed = root.Parse(args);

// Where a command takes a file, the parser takes an option that it does not know for the name of one.
string? unknownOption = parsed.Tokens.FirstOrDefault(token =>
    token.Type == TokenType.Argument && token.Value.StartsWith("--", StringComparison.Ordinal) && !File.Exists(token.Value))?.Value;
if (parsed.Action is ParseErrorAction || unknownOption is not null)
{
    string command = "";
    for (SymbolResult? result = parsed.CommandResult; result is CommandResult { Parent: not null } named; result = result.Parent)
    {
        command = $"{named.Command.Name} {command}";
    }

    if (parsed.CommandResult.Command.Subcommands.Count > 0 && parsed.UnmatchedTokens.Count == 0)
    {
        await root.Parse(command + "--help").InvokeAsync();
        return args.Length == 0 ? 0 : WrongUsage;
    }

    IEnumerable<string> errors = unknownOption is null ? parsed.Errors.Select(error => error.Message) : [$"Unrecognized option '{unknownOption}'."];
    foreach (string error in errors)
    {
        await Console.Error.WriteLineAsync(error);
    }

    await Console.Error.WriteLineAsync($"'meaibudget {command}--help' shows what it takes.");
    return WrongUsage;
}

// Exceptions that a command expects become messages in the command. What remains is a defect, and shown with its stack.
var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = Console.Out, Error = Console.Error };
if (parsed.CommandResult.Command.Name == ChatCommand.Name)
{
    // A chat handles Ctrl-C itself: it stops an answer, not the program.
    return await parsed.InvokeAsync(configuration);
}

using var interruption = Interruption.Watch(Console.Error);
try
{
    int exitCode = await parsed.InvokeAsync(configuration, interruption.Token);
    return interruption.Token.IsCancellationRequested ? Interruption.ExitCode : exitCode;
}
catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
{
    return Interruption.ExitCode;
}
#pragma warning disable CA1031 // The last place that can turn an exception into a message.
catch (Exception exception)
#pragma warning restore CA1031
{
    await Console.Error.WriteLineAsync($"Unexpected error, please report it: {exception}");
    return 1;
}
