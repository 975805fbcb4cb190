using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary><c>meaibudget doctor</c>: checks a configuration and its ledger, and says what to do.</summary>
internal static class DoctorCommand
{
    private const int NarrowTerminal = 76;
    private const int CheckWidth = 20;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Creates the command. Arguments that are null are those of the process.</summary>
    /// <param name="environment">The environment variables.</param>
    /// <param name="clock">The clock of this machine.</param>
    internal static Command Create(IReadOnlyDictionary<string, string>? environment = null, TimeProvider? clock = null)
    {
        var config = new Option<string?>("--config", "-c") { Description = "The app's appsettings.json, with a section MeaiBudget. Without it: appsettings.json in this folder." };
        var ledger = new Option<string?>("--ledger") { Description = "Another ledger than that of the settings. " + LedgerAddress.Description };
        var name = new Option<string?>("--name") { Description = "The name of a ledger on Redis or PostgreSQL; that of the settings, or default." };
        var online = new Option<bool>("--online") { Description = "Also ask the address of each provider for an answer. No key is sent." };
        var json = new Option<bool>("--json") { Description = "Write JSON instead of a table." };
        var command = new Command("doctor", "Checks a configuration: settings, keys, prices, budgets, order of layers, ledger and clock. It changes nothing and shows no key. The exit code is 1 if something fails.")
        {
            config, ledger, name, online, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var findings = new DoctorFindings();
            await CheckAsync(
                parsed.GetValue(config), parsed.GetValue(ledger), parsed.GetValue(name), parsed.GetValue(online),
                environment ?? ToolEnvironment.Variables(), clock ?? TimeProvider.System, findings, cancellationToken);
            TextWriter output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
            {
                await output.WriteLineAsync(JsonSerializer.Serialize(new { findings.Failed, findings.Warnings, Findings = findings.All }, Json));
            }
            else
            {
                Write(ToolConsole.Create(output), findings);
            }

            return findings.Failed > 0 ? 1 : 0;
        });
        return command;
    }

    private static async Task CheckAsync(
        string? config, string? ledger, string? name, bool isOnline, IReadOnlyDictionary<string, string> environment, TimeProvider clock, DoctorFindings findings, CancellationToken cancellationToken)
    {
        string? file = config;
        AppConfiguration? app = null;
        try
        {
            file ??= AppConfiguration.FindInCurrentFolder();
            app = file is null ? null : AppConfiguration.Read(file, environment);
        }
        catch (InvalidDataException exception) when (exception.GetBaseException() is JsonException)
        {
            file ??= AppConfiguration.UsualFile;
            findings.Fail("settings", exception.Message, "Correct the file: the app cannot read it either.");
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            findings.Add(FindingState.Fail, "settings", exception.Message);
        }

        using (app)
        {
            if (app is not null)
            {
                ConfigurationDiagnosis.Check(app, findings);
                PriceDiagnosis.Check(app, clock, findings);
                BudgetDiagnosis.CheckSettings(app, findings);
                await PipelineDiagnosis.CheckAsync(app, findings);
                ledger ??= LedgerDiagnosis.NameOf(app, findings);
            }
            else if (file is null && ledger is null)
            {
                findings.Fail("settings", "There is no appsettings.json with a section MeaiBudget in this folder.", "Name the file with --config, or a ledger alone with --ledger.");
            }

            IReadOnlyList<string>? accounts = ledger is null
                ? null
                : await LedgerDiagnosis.CheckAsync(ledger, name ?? app?.Options.Ledger.Name ?? "default", clock, findings, cancellationToken);
            if (app is not null && accounts is not null && app.BudgetProblems().Count == 0)
            {
                BudgetDiagnosis.CheckLedger(app.Options.Budgets.Select(entry => entry.Value.ToBudget(entry.Key)), accounts, findings);
            }

            if (app is not null && isOnline)
            {
                await AddressDiagnosis.CheckAsync(app, clock, findings, cancellationToken);
            }
        }
    }

    private static void Write(IAnsiConsole console, DoctorFindings findings)
    {
        // In a narrow terminal the name of the check takes a line of its own.
        bool isNarrow = console.Profile.Width < NarrowTerminal;
        Table table = new Table().Border(TableBorder.None).HideHeaders();
        table.AddColumn(new TableColumn("state").NoWrap().Width(4));
        if (!isNarrow)
        {
            table.AddColumn(new TableColumn("check").Width(CheckWidth));
        }

        table.AddColumn(new TableColumn("found"));
        foreach (DoctorFinding finding in findings.All)
        {
            (string word, Color color) = finding.State switch
            {
                FindingState.Ok => ("ok", Color.Green),
                FindingState.Warn => ("warn", Color.Yellow),
                _ => ("FAIL", Color.Red),
            };
            var state = new Text(word, new Style(color));
            if (isNarrow)
            {
                table.AddRow(state, new Text(finding.Check));
                table.AddRow(new Text(""), new Text(finding.Found));
            }
            else
            {
                table.AddRow(state, new Text(finding.Check), new Text(finding.Found));
            }

            if (finding.Advice.Length > 0)
            {
                var advice = new Text("-> " + finding.Advice, new Style(decoration: Decoration.Dim));
                table.AddRow(isNarrow ? [new Text(""), advice] : [new Text(""), new Text(""), advice]);
            }
        }

        console.Write(table);
        console.WriteLine($"{ConfigurationDiagnosis.Count(findings.All.Count, "check")}: {findings.Failed} failed, {ConfigurationDiagnosis.Count(findings.Warnings, "warning")}.");
    }
}
