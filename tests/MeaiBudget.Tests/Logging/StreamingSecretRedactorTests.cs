using System.Text;
using CsCheck;

namespace MeaiBudget.Tests;

public class StreamingSecretRedactorTests
{
    [Theory]
    [MemberData(nameof(SecretShapes.Names), MemberType = typeof(SecretShapes))]
    public void I6_SecretSplitAtAnyPositionNeverAppears(string name)
    {
        SecretShape shape = SecretShapes.All[name];
        string text = "Before it, some words. " + shape.Text + "\nAnd some more words after it, to the end.";
        string whole = SecretRedactor.Default.Redact(text);
        for (int split = 0; split <= text.Length; split++)
        {
            AssertPieces(whole, shape.Secret, text[..split], text[split..]);
            AssertPieces(whole, shape.Secret, text[..split], "", text[split..Math.Min(split + 3, text.Length)], text[Math.Min(split + 3, text.Length)..]);
        }

        AssertPieces(whole, shape.Secret, [.. text.Select(c => c.ToString())]);
    }

    [Fact]
    public void I6_PiecesGiveWhatTheWholeGivesWhateverTheTextAndTheSplit() =>
        (from text in SecretRedactorTests.AnyFragment.Array[0, 30].Select(string.Concat)
         from splits in Gen.Int[0, Math.Max(0, text.Length)].Array[0, 12]
         select (text, splits)).Sample(sample =>
        {
            int[] splits = [0, .. sample.splits.Order(), sample.text.Length];
            string[] pieces = [.. splits.Zip(splits.Skip(1), (from, to) => sample.text[from..to])];
            Assert.Equal(SecretRedactor.Default.Redact(sample.text), string.Concat(Redact(SecretRedactor.Default, pieces)));
        }, iter: SecretRedactorTests.FuzzSteps);

    [Fact]
    public void I6_OneCharacterAtATimeGivesWhatTheWholeGives() =>
        SecretRedactorTests.AnyFragment.Array[0, 40].Select(string.Concat).Sample(
            text => Assert.Equal(SecretRedactor.Default.Redact(text), string.Concat(Redact(SecretRedactor.Default, [.. text.Select(c => c.ToString())]))),
            iter: SecretRedactorTests.FuzzSteps);

    [Fact]
    public void OrdinaryTextIsNotHeldBackForLong()
    {
        StreamingSecretRedactor redactor = SecretRedactor.Default.CreateStreaming();
        string text = string.Concat(Enumerable.Repeat("The quick brown fox jumps over the lazy dog. ", 20));

        string certain = redactor.Append(text);

        Assert.True(text.Length - certain.Length < 32, $"{text.Length - certain.Length} characters were held back.");
        Assert.Equal(text, certain + redactor.Complete());
    }

    [Fact]
    public void TheInsideOfALongSecretIsNotKept()
    {
        StreamingSecretRedactor redactor = SecretRedactor.Default.CreateStreaming();
        var output = new StringBuilder(redactor.Append("key -----BEGIN PRIVATE" + " KEY-----\n"));
        for (int i = 0; i < 10_000; i++)
        {
            output.Append(redactor.Append("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIB\n"));
        }

        output.Append(redactor.Append("-----END PRIVATE" + " KEY----- done"));
        Assert.True(redactor.HeldCapacity < 4096, $"{redactor.HeldCapacity} characters are kept.");
        Assert.Equal("key [REDACTED] done", output.Append(redactor.Complete()).ToString());
    }

    [Fact]
    public async Task PiecesOfAStreamAreRedactedAsTheyBecomeCertain()
    {
        string text = "Some words before, then the password: hunter2-hunter2 and then the rest of the answer.";
        var redacted = new List<string>();
        await foreach (string piece in SecretRedactor.Default.RedactAsync(text.Chunk(7).Select(chunk => new string(chunk)).ToAsyncEnumerable(), TestContext.Current.CancellationToken))
        {
            redacted.Add(piece);
        }

        Assert.True(redacted.Count > 2, "The text was held back to its end.");
        Assert.Equal(SecretRedactor.Default.Redact(text), string.Concat(redacted));
        Assert.Contains(SecretRedactor.Placeholder, string.Concat(redacted), StringComparison.Ordinal);
    }

    [Fact]
    public void IsForOneTextOnly()
    {
        StreamingSecretRedactor redactor = SecretRedactor.Default.CreateStreaming();
        redactor.Complete();
        Assert.Throws<InvalidOperationException>(() => redactor.Append("x"));
        Assert.Throws<InvalidOperationException>(() => redactor.Complete());
    }

    private static List<string> Redact(SecretRedactor redactor, string[] pieces)
    {
        StreamingSecretRedactor streaming = redactor.CreateStreaming();
        var result = new List<string>();
        foreach (string piece in pieces)
        {
            result.Add(streaming.Append(piece));
        }

        result.Add(streaming.Complete());
        return result;
    }

    private static void AssertPieces(string whole, string secret, params string[] pieces)
    {
        List<string> redacted = Redact(SecretRedactor.Default, pieces);
        string together = string.Concat(redacted);
        Assert.Equal(whole, together);
        SecretShapes.AssertNoLongPiece(secret, together);
    }
}
