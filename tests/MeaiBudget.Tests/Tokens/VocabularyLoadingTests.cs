using System.IO.Compression;
using System.Reflection;
using System.Text;
using NSubstitute;

namespace MeaiBudget.Tests;

/// <summary>A vocabulary is filled in one pass with its stored placement, and is the same as the one that is searched.</summary>
public sealed class VocabularyLoadingTests
{
    [Theory]
    [InlineData("O200kBase", "o200k_base", true)]
    [InlineData("O200kBase", "o200k_base", false)]
    [InlineData("Cl100kBase", "cl100k_base", true)]
    public void APlacedVocabularyIsTheSearchedOne(string package, string encoding, bool inParallel)
    {
        string assembly = "Microsoft.ML.Tokenizers.Data." + package;
        BytePairVocabulary searched = Encodings.Load(assembly, encoding + ".tiktoken.deflate");
        Stream resource = Assembly.Load(assembly).GetManifestResourceStream(encoding + ".tiktoken.deflate")!;
        using var inflated = new InflatedLines(resource, inParallel);

        Assert.True(BytePairVocabulary.TryLoad(inflated, Encodings.Placement(encoding), out BytePairVocabulary? placed));

        Assert.Equal(searched.Count, placed.Count);
        Assert.Equal(searched.LongestToken, placed.LongestToken);
        Assert.Equal(searched.ToPlacement(), placed.ToPlacement());
        Assert.DoesNotContain(Enumerable.Range(0, char.MaxValue + 1), codePoint => searched.OwnMerges(codePoint) != placed.OwnMerges(codePoint));
        int differentBorders = 0;
        Span<byte> next = stackalloc byte[16];
        for (int border = 0; border < 1 << 22; border++)
        {
            next[0] = (byte)(border >> 6);
            next[1] = (byte)(0x80 | (border & 0x3F));
            differentBorders += searched.Crossing((byte)(border >> 14), ref next[0]) == placed.Crossing((byte)(border >> 14), ref next[0]) ? 0 : 1;
        }

        Assert.Equal(0, differentBorders);

        var tokens = TokenList.Parse(Lines(assembly, encoding), encoding);
        for (int i = 0; i < tokens.Count; i++)
        {
            byte[] token = new byte[Math.Max(16, tokens[i].Length)];
            tokens[i].CopyTo(token);
            if (tokens[i].Length > 1)
            {
                Assert.Equal(tokens.Rank(i), placed.RankOf(ref token[0], tokens[i].Length));
            }
        }
    }

    [Fact]
    public void AVocabularyThatIsNotTheOneOfThePlacementIsNotPlaced()
    {
        byte[] bytes = SingleBytes(256, "Capacity: 258");
        byte[] placement = new BytePairVocabulary(TokenList.Parse(bytes.AsSpan(14), "a test"), "a test").ToPlacement();

        Assert.True(IsPlaced(bytes, placement));
        Assert.True(IsPlaced(WithText(bytes, "\n", "\r\n"), placement));
        Assert.True(IsPlaced(bytes[..^1], placement), "The last line needs no line end.");
        Assert.False(IsPlaced(SingleBytes(255, "Capacity: 258"), placement), "A token is missing.");
        Assert.False(IsPlaced(SingleBytes(256, "Capacity: 200"), placement), "The capacity is too small.");
        Assert.False(IsPlaced(SingleBytes(256, "Capacity: 2580"), placement), "The capacity is too large.");
        Assert.False(IsPlaced(SingleBytes(256, "Capacity: 258x"), placement), "The first line is not a capacity.");
        Assert.False(IsPlaced(SingleBytes(256, "Size: 258"), placement), "The first line is not a capacity.");
        Assert.False(IsPlaced(WithText(bytes, "QQ==", "Qg=="), placement), "A token is there twice.");
        Assert.False(IsPlaced(WithText(bytes, "QQ==", "QQ="), placement), "A group is too short.");
        Assert.False(IsPlaced(WithText(bytes, "QQ==", "Q==="), placement), "A group has one character.");
        Assert.False(IsPlaced(WithText(bytes, "QQ==", "QQ== 65"), placement), "A line has a rank.");
        Assert.False(IsPlaced(WithText(bytes, "QQ==", "Q*=="), placement), "A character is not in Base64.");
        Assert.False(IsPlaced(WithText(bytes, "QQ==", new string('Q', 200_000)), placement), "A line is longer than a block.");
        Assert.False(IsPlaced([], placement), "The file is empty.");
        Assert.False(IsPlaced(bytes, []), "There is no placement.");
        Assert.False(IsPlaced(bytes, placement[..^1]), "The placement is cut.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void LinesComeInBlocksThatEndWithALine(bool inParallel)
    {
        string text = string.Concat(Enumerable.Range(0, 60_000).Select(number => $"line {number}\n")) + "the last";
        using var lines = new InflatedLines(Deflated(Encoding.ASCII.GetBytes(text)), inParallel);

        var read = new StringBuilder();
        for (ReadOnlySpan<byte> block = lines.Next(); !block.IsEmpty; block = lines.Next())
        {
            Assert.InRange(block.Length, 1, InflatedLines.LongestBlock);
            Assert.Equal((byte)'\n', block[^1]);
            read.Append(Encoding.ASCII.GetString(block));
        }

        Assert.Equal(text + "\n", read.ToString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ADamagedFileIsAnError(bool inParallel)
    {
        byte[] file = Deflated(SingleBytes(256, "Capacity: 258")).ToArray();
        file[0] = 0xFF;
        using var lines = new InflatedLines(new MemoryStream(file), inParallel);

        Assert.Throws<InvalidDataException>(() =>
        {
            while (!lines.Next().IsEmpty)
            {
            }
        });
    }

    [Fact]
    public void TheWordsAndBeginningsOfAFamilyAgreeWithItsPattern()
    {
        string[] ids = [.. PriceCatalog.Default.Models.SelectMany(model => model.Aliases.Prepend(model.ModelId)), "text-davinci-003", "code-cushman-001", "davinci", "text-ada-001", "phi-3-small", "aya-23", "o7-mini", "computer-use-preview"];
        Assert.All(ModelFamilies.All, row => Assert.All(
            ids.Where(id => row.Pattern?.IsMatch(id) == true),
            id => Assert.Contains(row.Words, word => id.Contains(word, StringComparison.OrdinalIgnoreCase))));
        string[] ends = ["", "-mini", "-20250929", ".1", "o", "[1m]", "@x", "/7", "é"];
        Assert.All(ModelFamilies.All, row => Assert.All(row.Beginnings, beginning => Assert.All(ends, end => Assert.Matches(row.Pattern!, beginning + end))));
        Assert.All(ModelFamilies.All.Where(row => row.Pattern is null), row => Assert.All(row.Words, word => Assert.True(row.Matches($"x/{word.ToUpperInvariant()}-1"))));
    }

    [Fact]
    public void OnlyTheLibrarysOwnCountersAreUsedInTheBackground()
    {
        ITokenCounter own = Substitute.For<ITokenCounter>();
        TokenCounters.Register("preloaded-model", own);

        VocabularyPreload.Load(["preloaded-model", "gpt-4o", "gpt-4"]);

        Assert.Empty(own.ReceivedCalls());
        Assert.True(Encodings.AreLoaded);
    }

    private static bool IsPlaced(byte[] file, byte[] placement)
    {
        using var lines = new InflatedLines(Deflated(file), inParallel: false);
        return BytePairVocabulary.TryLoad(lines, placement, out _);
    }

    /// <summary>A line with the capacity, and one for each single byte.</summary>
    private static byte[] SingleBytes(int count, string capacity) =>
        Encoding.ASCII.GetBytes(capacity + "\n" + string.Concat(Enumerable.Range(0, count).Select(value => Convert.ToBase64String([(byte)value]) + "\n")));

    private static byte[] WithText(byte[] file, string old, string text) => Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(file).Replace(old, text, StringComparison.Ordinal));

    private static MemoryStream Deflated(byte[] text)
    {
        var compressed = new MemoryStream();
        using (var stream = new DeflateStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            stream.Write(text);
        }

        compressed.Position = 0;
        return compressed;
    }

    private static byte[] Lines(string assembly, string encoding)
    {
        using Stream resource = Assembly.Load(assembly).GetManifestResourceStream(encoding + ".tiktoken.deflate")!;
        using var stream = new DeflateStream(resource, CompressionMode.Decompress);
        var text = new MemoryStream();
        stream.CopyTo(text);
        return text.ToArray()[(Array.IndexOf(text.ToArray(), (byte)'\n') + 1)..];
    }
}
