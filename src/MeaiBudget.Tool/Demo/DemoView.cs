using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace MeaiBudget.Tool;

/// <summary>Shows the demo: a table that grows in a terminal, plain text in a pipe, or one JSON value.</summary>
internal sealed class DemoView
{
    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TextWriter _output;
    private readonly IAnsiConsole _console;
    private readonly bool _isJson;
    private readonly bool _isTerminal;

    private DemoView(TextWriter output, bool isJson)
    {
        _output = output;
        _isJson = isJson;
        _isTerminal = ToolConsole.IsTerminal(output);
        _console = ToolConsole.Create(output);
    }

    public static DemoView For(TextWriter output, bool isJson) => new(output, isJson);

    public async Task<DemoReport> ShowAsync(Func<Action<DemoStepReport>, Task<DemoReport>> play, DemoStage stage)
    {
        if (_isJson)
        {
            DemoReport data = await play(static _ => { });
            await _output.WriteLineAsync(JsonSerializer.Serialize(data, JsonOptions));
            return data;
        }

        await _output.WriteLineAsync(stage.Description);
        Table table = NewTable("", "Step", "Estimated", "Reserved", "Attempts", "Answered by", "Settled");
        DemoReport report;
        if (_isTerminal)
        {
            report = await _console.Live(table).StartAsync(context => play(step =>
            {
                AddStep(table, step);
                context.Refresh();
            }));
        }
        else
        {
            report = await play(step => AddStep(table, step));
            _console.Write(table);
        }

        ShowSpend(report);
        return report;
    }

    private void ShowSpend(DemoReport report)
    {
        Table table = NewTable(["Model", "Answers", "Tokens in", "Tokens out", "Spent", .. report.Budgets.Select(Heading)]);
        foreach (DemoModelSpend model in report.SpendByModel)
        {
            AddRow(table, [
                model.Model, Text(model.Answers), Text(model.InputTokens), Text(model.OutputTokens), Dollars(model.Spent),
                .. report.Budgets.Select(budget => Share(model.Spent, budget.Limit))]);
        }

        AddRow(table, ["sum of receipts", "", "", "", Dollars(report.Settled), .. report.Budgets.Select(budget => Share(report.Settled, budget.Limit))]);
        AddRow(table, ["sum of budgets", "", "", "", "", .. report.Budgets.Select(budget => Dollars(budget.Spent))]);
        AddRow(table, ["left", "", "", "", "", .. report.Budgets.Select(budget => budget.Remaining is { } left ? Dollars(left) : "no limit")]);
        _console.Write(table);

        foreach (DemoStepReport step in report.Steps.Where(step => !step.WentAsTold))
        {
            _output.WriteLine($"Step {step.Number} did not go as expected: {step.Deviation}");
        }

        _output.WriteLine(report.AddsUp
            ? "The settled costs equal the spend of the budgets, to the nano-dollar."
            : "The settled costs DIFFER from the spend of the budgets.");
        _output.WriteLine(report.Succeeded ? "Every step went as expected." : "The demo failed.");
    }

    private static void AddStep(Table table, DemoStepReport step) => AddRow(table, [
        step.WentAsTold ? Text(step.Number) : $"{step.Number} !",
        step.Name + (step.IsStreaming ? " (streamed)" : ""),
        step.EstimatedInputTokens is { } input ? $"{Text(input)} in, at most {Text(step.InputUpperBound ?? input)}" : "",
        step.ReservedOutputTokens is { } output ? $"{Dollars(step.Reserved)} for {Text(output)} out" : "",
        string.Join('\n', step.Attempts.Select(Attempt)),
        step.AnsweredBy is { } route ? $"{route}: {step.AnsweredModel}" : "no route",
        $"{Dollars(step.Settled)} for {Text(step.InputTokens)} in, {Text(step.OutputTokens)} out"]);

    private static string Attempt(DemoAttemptReport attempt) =>
        $"{attempt.Number}. {attempt.Route}: {attempt.Why}"
        + (attempt.WaitedSeconds > 0 ? string.Create(CultureInfo.InvariantCulture, $", after waiting {attempt.WaitedSeconds:0.00} s") : "");

    private static Table NewTable(params string[] columns)
    {
        Table table = new Table().Border(TableBorder.Rounded).ShowRowSeparators();
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column)));
        }

        return table;
    }

    private static void AddRow(Table table, string[] cells) => table.AddRow([.. cells.Select(cell => (IRenderable)new Text(cell))]);

    private static string Heading(DemoBudgetSpend budget) =>
        $"{budget.Budget}{(budget.Key.Length == 0 ? "" : $" {budget.Key}")} ({(budget.Limit is { } limit ? Dollars(limit) : "no limit")} a day)";

    private static string Share(decimal spent, decimal? limit) =>
        limit is > 0m ? string.Create(CultureInfo.InvariantCulture, $"{spent / limit.Value:P2}") : "";

    private static string Dollars(decimal amount) => string.Create(CultureInfo.InvariantCulture, $"${amount:0.00#######}");

    private static string Text(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
