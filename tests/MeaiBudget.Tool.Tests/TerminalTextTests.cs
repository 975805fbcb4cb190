using MeaiBudget.Tool;
using Spectre.Console;

namespace MeaiBudget.Tests;

/// <summary>Names, tags and answers that would steer a terminal, in every way in which the tool writes.</summary>
public class TerminalTextTests
{
    /// <summary>A title, a cleared screen, a bell, a changed direction, a return to the line's beginning.</summary>
    private const string Hostile = "acme\u001b]0;title\u0007\u001b[2J\u202Egpj.exe\u2066x\rover \u009b31m\u0085end";

    [Fact]
    public void Q6_TablesAndNotesShowControlCharactersAsEscapes()
    {
        using var writer = new StringWriter();
        IAnsiConsole console = ToolConsole.Create(writer);

        console.Write(new Table().AddColumn("name").AddRow(Markup.Escape(Hostile)).Caption(Markup.Escape(Hostile)));
        console.Write(new Panel(Markup.Escape(Hostile)).Header(Markup.Escape(Hostile)));
        console.WriteLine(Hostile);
        console.MarkupLine(Markup.Escape(Hostile));

        string written = writer.ToString();
        AssertHarmless(written);
        Assert.Contains("\\u001b]0;title\\u0007", written, StringComparison.Ordinal);
        Assert.Contains("\\u202e", written, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Q6_MessagesShowControlCharactersAsEscapesAndKeepTheirLines()
    {
        using var inner = new StringWriter();
        await using var writer = new PrintableWriter(inner);

        writer.Write(Hostile);
        writer.Write(Hostile.ToCharArray(), 0, Hostile.Length);
        writer.WriteLine(Hostile);
        writer.Write('\u001b');
        writer.Write("{0}", Hostile);
        await writer.WriteAsync(Hostile);
        await writer.WriteLineAsync(Hostile);
        await writer.WriteAsync(Hostile.AsMemory(), TestContext.Current.CancellationToken);
        writer.Write("one\ntwo\tthree\r\n");
        await writer.FlushAsync(TestContext.Current.CancellationToken);

        AssertHarmless(inner.ToString());
        Assert.EndsWith("one\ntwo\tthree\r\n", inner.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Q6_EveryConsoleOfTheToolIsProtected()
    {
        string[] unprotected =
        [
            .. Directory.EnumerateFiles(RepositoryFolder.PathOf("src/MeaiBudget.Tool"), "*.cs", SearchOption.AllDirectories)
                .Where(file => File.ReadAllText(file) is var text && text.Contains("AnsiConsole.Create(", StringComparison.Ordinal) && !text.Contains("PrintableOutput.Attach(", StringComparison.Ordinal)),
        ];

        Assert.Empty(unprotected);
    }

    private static void AssertHarmless(string text) =>
        Assert.DoesNotContain(text, letter => (char.IsControl(letter) && letter is not ('\n' or '\t' or '\r')) || letter is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069'));
}
