using System.Text.RegularExpressions;
using MeaiBudget.Tool;
using Spectre.Console;

namespace MeaiBudget.Tests;

/// <summary>A table stays within its console, and breaks no word.</summary>
public sealed partial class ConsoleTableTests
{
    private static readonly string[] Columns = ["model", "input tokens", "at most", "expected (500 out), USD", "worst, USD", "source"];

    private static readonly string[][] Rows =
    [
        ["claude-sonnet-4-5-20250929", "1,234,567", "1,300,000", "0.00000375", "12,345.678", "Verified"],
        ["gpt-4.1-mini", "14", "", "0.0008056", "0.02622", "Inferred from gpt-4.1"],
    ];

    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    [InlineData(200)]
    public void NoLineIsWiderThanTheConsoleAndNoWordIsBroken(int width)
    {
        string output = Write(width, Table());

        Assert.All(output.Split('\n'), line => Assert.True(line.TrimEnd().Length <= width, line));
        string[] words = [.. Word().Matches(output).Select(match => match.Value)];
        Assert.All(Rows.SelectMany(row => row).SelectMany(cell => cell.Split(' ', StringSplitOptions.RemoveEmptyEntries)), word => Assert.Contains(word, words));
    }

    [Fact]
    public void AWideConsoleShowsARowInALineAndANarrowOneAParagraph()
    {
        Assert.Contains(Write(200, Table()).Split('\n'), line => Rows[0].All(cell => line.Contains(cell, StringComparison.Ordinal)));
        string[] narrow = [.. Write(60, Table()).Split('\n').Select(line => line.TrimEnd())];
        Assert.Equal("claude-sonnet-4-5-20250929", narrow[0]);
        Assert.Equal("  input tokens: 1,234,567 · at most: 1,300,000", narrow[1]);
        Assert.DoesNotContain(narrow, line => line.Contains("at most: ·", StringComparison.Ordinal));
    }

    [Fact]
    public void AnotherColumnCanHeadAParagraph()
    {
        ConsoleTable table = new("provider", "model", "a long note that does not fit") { Heading = "model" };
        table.AddRow("openai", "gpt-4.1", new string('x', 20));
        Assert.StartsWith("gpt-4.1", Write(40, table), StringComparison.Ordinal);
    }

    [Fact]
    public void Q6_ControlAndDirectionCharactersOfOthersAreShownAsTheirCodes()
    {
        ConsoleTable table = new ConsoleTable("model", "note").AddRow("gpt\u001b[2J", "a\u202eb\u0007\rc");
        string output = Write(80, table);
        Assert.Contains(@"gpt\u001b[2J", output, StringComparison.Ordinal);
        Assert.Contains(@"a\u202eb\u0007\u000dc", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', output);
    }

    [Fact]
    public void ATableWithoutRowsShowsItsColumns() => Assert.Contains("model", Write(80, new ConsoleTable("model", "note")), StringComparison.Ordinal);

    private static ConsoleTable Table()
    {
        var table = new ConsoleTable(Columns);
        foreach (string[] row in Rows)
        {
            table.AddRow(row);
        }

        return table;
    }

    private static string Write(int width, ConsoleTable table)
    {
        using var output = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output), Ansi = AnsiSupport.No });
        console.Profile.Width = width;
        console.Write(table);
        return output.ToString();
    }

    [GeneratedRegex(@"[^\s·]+")]
    private static partial Regex Word();
}
