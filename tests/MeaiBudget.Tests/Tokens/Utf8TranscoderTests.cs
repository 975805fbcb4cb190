using System.Text;

namespace MeaiBudget.Tests;

/// <summary>The transcoder against the one of the framework, and the classes that it writes against the table.</summary>
public sealed class Utf8TranscoderTests
{
    [Fact]
    public void EveryCodePointIsTranscodedWithItsClassWhereverItStands()
    {
        // All of them in a long run; otherwise every seventh, which meets all places and neighbours.
        int step = SecretRedactorTests.FuzzSteps >= 20_000 ? 1 : 7;
        for (int codePoint = 0; codePoint <= 0x10FFFF; codePoint += step)
        {
            if (Rune.TryCreate(codePoint, out Rune rune))
            {
                AssertTranscoded(new string('x', codePoint & 3) + rune + "a\u00e9\u4e2d".Substring(codePoint % 3, 1) + rune + "12345", int.MaxValue);
            }
        }
    }

    [Fact]
    public void AnyUTF16IsTranscodedInTargetsOfAnySize()
    {
        for (int seed = 1; seed <= 2000; seed++)
        {
            AssertTranscoded(new TextGenerator(seed).Next(), seed % 3 == 0 ? int.MaxValue : 4 + (seed % 90));
        }
    }

    private static void AssertTranscoded(string text, int room)
    {
        byte[] target = new byte[Math.Min(room, 3 * text.Length) + Utf8Transcoder.Overrun];
        byte[] classes = new byte[target.Length];
        var bytes = new List<byte>();
        var found = new List<byte>();
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            Utf8Transcoder.Transcode(rest, target.AsSpan(..^Utf8Transcoder.Overrun), classes.AsSpan(..^Utf8Transcoder.Overrun), out int read, out int written);
            Assert.True(read > 0);
            bytes.AddRange(target.AsSpan(0, written));
            found.AddRange(classes.AsSpan(0, written));
            rest = rest[read..];
        }

        byte[] expected = Encoding.UTF8.GetBytes(text);
        Assert.True(expected.AsSpan().SequenceEqual(bytes.ToArray()), $"The bytes of {Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(text))} differ.");
        int position = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            for (int i = 0; i < rune.Utf8SequenceLength; i++, position++)
            {
                Assert.True(rune.IsAscii || found[position] == (byte)CharacterClasses.Of(rune.Value), $"The class of U+{rune.Value:x4} differs.");
            }
        }
    }
}
