using System.Text;
using CsCheck;
using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

/// <summary>Editing keeps characters whole, and nothing that steers a terminal gets into the text.</summary>
public sealed class EditedTextTests
{
    [Fact]
    public void R6_CharactersOfSeveralCodeUnitsStayWhole()
    {
        var edited = new EditedText();
        edited.Insert("a👩‍👩‍👧e\u0301");

        edited.Backspace();
        Assert.Equal("a👩‍👩‍👧", edited.Text);
        edited.MoveLeft();
        Assert.Equal(1, edited.Cursor);
        edited.Delete();
        Assert.Equal("a", edited.Text);
    }

    [Fact]
    public void R6_WordsAndLinesAreMovedOverAndDeleted()
    {
        var edited = new EditedText();
        edited.Insert("one two\nthree four five");

        edited.DeleteWordBefore();
        edited.MoveWordLeft();
        edited.DeleteToLineStart();
        Assert.Equal("one two\nfour ", edited.Text);
        edited.MoveLine(-1);
        Assert.Equal(0, edited.Cursor);
        edited.MoveWordRight();
        edited.DeleteToLineEnd();
        Assert.Equal("one\nfour ", edited.Text);
        edited.MoveLine(1);
        edited.MoveEnd();
        Assert.Equal((edited.Text.Length, true, false), (edited.Cursor, edited.IsOnLastLine, edited.IsOnFirstLine));
    }

    [Fact]
    public void R6_ControlCharactersArePastedAsNothing()
    {
        var edited = new EditedText();
        edited.Insert("a\u001b[31mb\r\nc\td\u0007");

        Assert.Equal("a[31mb\nc    d", edited.Text);
    }

    [Fact]
    public void R6_AnyKeysKeepTheCursorInTheText() => Gen.Int[0, 12].Array[0, 60].Sample(keys =>
    {
        var edited = new EditedText();
        Action[] all =
        [
            () => edited.Insert("x y"), () => edited.Insert("\n"), () => edited.Insert("👍"), edited.MoveLeft, edited.MoveRight, edited.MoveWordLeft, edited.MoveWordRight,
            edited.MoveHome, edited.MoveEnd, () => edited.MoveLine(-1), () => edited.MoveLine(1), edited.Backspace, edited.DeleteWordBefore,
        ];
        foreach (int key in keys)
        {
            all[key]();
            Assert.InRange(edited.Cursor, 0, edited.Text.Length);
            Assert.False(edited.Cursor < edited.Text.Length && char.IsLowSurrogate(edited.Text[edited.Cursor]));
        }
    });

    [Theory]
    [InlineData(20, 24)]
    [InlineData(80, 5)]
    public void R6_ALongTextIsDrawnWithinTheScreen(int width, int height)
    {
        using var output = new StringWriter();
        var screen = new EditorScreen(output, () => (width, height));
        var edited = new EditedText();
        edited.Insert(string.Concat(Enumerable.Repeat("some words 漢字 ", 60)));

        screen.Draw(edited);

        string[] rows = output.ToString().Replace("\u001b[J", "", StringComparison.Ordinal).Split("\r\n");
        Assert.True(rows.Length < height, $"{rows.Length} rows");
        Assert.All(rows[..^1], row => Assert.True(row.TrimStart('\r').EnumerateRunes().Sum(rune => rune.Value > 0x2E80 ? 2 : 1) < width, row));
    }

    [Fact]
    public void R6_HistoryComesBackToTheUnfinishedText()
    {
        var history = new ChatHistory(null);
        history.Add("one");
        history.Add("two");
        history.Add("two");

        Assert.Equal(["two", "one", null, "two", "new", null], [history.Move("new", -1), history.Move("two", -1), history.Move("one", -1), history.Move("one", 1), history.Move("two", 1), history.Move("new", 1)]);
    }

    [Fact]
    public void R6_AHistoryThatCannotBeReadOrWrittenIsIgnored()
    {
        string file = Path.Combine(Path.GetTempPath(), $"meaibudget-{Guid.NewGuid():N}", "is-a-file");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, "no JSON", Encoding.UTF8);

        var broken = new ChatHistory(file);
        var impossible = new ChatHistory(Path.Combine(file, "history.jsonl"));
        impossible.Add("one");

        Assert.Null(broken.Move("", -1));
        Assert.Equal("one", impossible.Move("", -1));
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }
}
