using System.Buffers.Binary;
using System.IO.Compression;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Security.Cryptography;
using NSubstitute;

namespace MeaiBudget.Tests;

/// <summary>The tables of a vocabulary that the build has prepared are those that are built from the vocabulary's package, and are built where they cannot be used.</summary>
public sealed class VocabularyLoadingTests
{
    private const string Text = "How many tokens is this? Überweisung, 日本語のテキスト、 हिन्दी, \ud83d\ude00 misspeltwrod antidisestablishmentarianism";

    public static TheoryData<string> All => [.. VocabularySource.All.Select(source => source.Encoding)];

    [Theory, MemberData(nameof(All))]
    public void PreparedTablesAreThoseThatAreBuilt(string encoding)
    {
        VocabularySource source = Source(encoding);
        BytePairVocabulary built = source.Build();
        BytePairVocabulary? prepared = PreparedVocabulary.Find(encoding);

        Assert.NotNull(prepared);
        Assert.True(prepared.IsMapped);
        Assert.False(built.IsMapped);
        Assert.Equal(built.Count, prepared.Count);
        Assert.Equal(built.LongestToken, prepared.LongestToken);
        Assert.Equal(SHA256.HashData(source.Open()!), VocabularyLayout.SourceHash(prepared.Memory));
        byte[] expected = built.Memory.ToArray();
        VocabularyLayout.WriteSourceHash(expected, VocabularyLayout.SourceHash(prepared.Memory));
        Assert.True(prepared.Memory[..expected.Length].SequenceEqual(expected), "The tables have other bytes.");
    }

    [Theory, MemberData(nameof(All))]
    public void PreparedTablesHaveEveryTokenOfTheirSource(string encoding)
    {
        BytePairVocabulary prepared = PreparedVocabulary.Find(encoding)!;
        var tokens = TokenList.Parse(Lines(encoding), encoding);

        Assert.Equal(tokens.Count, prepared.Count);
        int wrong = 0;
        for (int i = 0; i < tokens.Count; i++)
        {
            byte[] token = new byte[Math.Max(16, tokens[i].Length)];
            tokens[i].CopyTo(token);
            wrong += tokens[i].Length > 1
                ? (prepared.RankOf(ref token[0], tokens[i].Length) == tokens.Rank(i) ? 0 : 1)
                : (prepared.IsShortToken(ref token[0], 1, out _) ? 0 : 1);
        }

        Assert.Equal(0, wrong);
    }

    [Theory, MemberData(nameof(All))]
    public unsafe void TheBuildHasAlignedPreparedTables(string encoding)
    {
        fixed (byte* start = PreparedVocabulary.Find(encoding)!.Memory)
        {
            Assert.Equal(0, (nint)start % VocabularyLayout.Alignment);
        }
    }

    [Fact]
    public void TablesThatCannotBeUsedAreRefused()
    {
        byte[] tables = VocabularyTablesOf("cl100k_base");
        Assert.True(IsUsed(tables));
        Assert.False(IsUsed([]), "The resource is empty.");
        Assert.False(IsUsed(new byte[1000]), "The resource has only zeros.");
        Assert.False(IsUsed(tables[..7]), "Not even the mark is whole.");
        Assert.False(IsUsed(tables[..100]), "The header is cut.");
        Assert.False(IsUsed(tables[..VocabularyLayout.HeaderSize]), "Only the header is left.");
        Assert.False(IsUsed(tables[..^1]), "The last byte is missing.");
        Assert.False(IsUsed(Changed(at: 8, value: 2)), "The version is another one.");
        Assert.False(IsUsed(Changed(at: 12, value: tables.Length + 64)), "The stated length is another one.");
        Assert.False(IsUsed(Changed(at: 24, value: 0)), "There are no tokens.");
        Assert.False(IsUsed(Changed(at: 24, value: 1 << 30)), "There are more tokens than places.");
        Assert.False(IsUsed(Changed(at: 32, value: 31)), "The number of places is impossible.");
        Assert.False(IsUsed(Changed(at: 36, value: -1)), "The number of pilots is impossible.");
        Assert.False(IsUsed(Changed(at: 48, value: -1)), "The bytes of long tokens are impossible.");
        byte[] bigEndian = (byte[])tables.Clone();
        bigEndian.AsSpan(0, 8).Reverse();
        Assert.False(IsUsed(bigEndian), "The numbers have the other byte order.");
        Assert.Null(PreparedVocabulary.Use(new MemoryStream(tables)));
        Assert.Null(PreparedVocabulary.Find("no_such_encoding"));

        byte[] Changed(int at, int value)
        {
            byte[] changed = (byte[])tables.Clone();
            BinaryPrimitives.WriteInt32LittleEndian(changed.AsSpan(at), value);
            return changed;
        }
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(8, true)]
    [InlineData(20, false)]
    [InlineData(63, false)]
    public void TablesAtAnyAddressCountTheSame(int shift, bool isMapped)
    {
        byte[] tables = VocabularyTablesOf("cl100k_base");
        using var resource = new Resource(tables, shift);
        BytePairVocabulary? vocabulary = PreparedVocabulary.Use(resource.Stream);

        Assert.NotNull(vocabulary);
        Assert.Equal(isMapped, vocabulary.IsMapped);
        Assert.Equal(isMapped, vocabulary.RetainedBytes == 0);
        Assert.Equal(TokenCounters.Get("cl100k_base").Count(Text), new BytePairCounter("another", vocabulary, SplitPattern.Cl100k).Count(Text));
    }

    [Fact]
    public void WithoutTheAssemblyOfTheTablesTheCountsAreTheSame()
    {
        var context = new ContextWithoutTables();
        Type counters = context.LoadFromAssemblyPath(typeof(TokenCounters).Assembly.Location).GetType(typeof(TokenCounters).FullName!)!;
        foreach (string encoding in VocabularySource.All.Select(source => source.Encoding))
        {
            object counter = counters.GetMethod(nameof(TokenCounters.Get))!.Invoke(null, [encoding])!;
            object vocabulary = counter.GetType().GetProperty(nameof(BytePairCounter.Vocabulary), BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(counter)!;

            Assert.False((bool)vocabulary.GetType().GetProperty(nameof(BytePairVocabulary.IsMapped), BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(vocabulary)!);
            Assert.Equal(TokenCounters.Get(encoding).Count(Text), CountOf(counter));
        }

        Assert.True(context.WasAsked);
        context.Unload();
    }

    [Fact]
    public void ManyThreadsThatCountFirstGetTheSame()
    {
        var context = new AssemblyLoadContext("first counts", isCollectible: true);
        Type counters = context.LoadFromAssemblyPath(typeof(TokenCounters).Assembly.Location).GetType(typeof(TokenCounters).FullName!)!;
        string[] models = ["gpt-4o", "gpt-4", "claude-sonnet-4-5", "openai/gpt-4o-2099-01-01", "ft:gpt-4-0613:org::id", "phi-4", "gemini-2.5-pro", "nobody-knows-it"];
        using var start = new Barrier(models.Length);
        int[] counts = new int[models.Length];
        Thread[] threads = [.. models.Select((model, index) => new Thread(() =>
        {
            start.SignalAndWait();
            counts[index] = CountOf(counters.GetMethod(nameof(TokenCounters.ForModel))!.Invoke(null, [model])!);
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        Assert.Equal(models.Select(model => TokenCounters.ForModel(model).Count(Text)), counts);
        context.Unload();
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

    private delegate int Counting(ReadOnlySpan<char> text);

    private static int CountOf(object counter) => counter.GetType().GetMethod("Count", [typeof(ReadOnlySpan<char>)])!.CreateDelegate<Counting>(counter)(Text);

    private static VocabularySource Source(string encoding) => VocabularySource.All.Single(source => source.Encoding == encoding);

    private static byte[] VocabularyTablesOf(string encoding) => Source(encoding).Build().Memory.ToArray();

    private static bool IsUsed(byte[] tables)
    {
        using var resource = new Resource(tables, 0);
        return PreparedVocabulary.Use(resource.Stream) is not null;
    }

    private static byte[] Lines(string encoding)
    {
        using var stream = new DeflateStream(Source(encoding).Open()!, CompressionMode.Decompress);
        var text = new MemoryStream();
        stream.CopyTo(text);
        return text.ToArray()[(Array.IndexOf(text.ToArray(), (byte)'\n') + 1)..];
    }

    /// <summary>Memory as that of a resource of an assembly, which starts at some distance from a multiple of the alignment.</summary>
    private sealed unsafe class Resource : IDisposable
    {
        private readonly void* _memory;

        internal Resource(byte[] content, int shift)
        {
            _memory = NativeMemory.AlignedAlloc((nuint)(content.Length + shift + VocabularyLayout.Alignment), VocabularyLayout.Alignment);
            content.CopyTo(new Span<byte>((byte*)_memory + shift, content.Length));
            Stream = new UnmanagedMemoryStream((byte*)_memory + shift, content.Length);
        }

        internal UnmanagedMemoryStream Stream { get; }

        public void Dispose() => NativeMemory.AlignedFree(_memory);
    }

    private sealed class ContextWithoutTables() : AssemblyLoadContext("without tables", isCollectible: true)
    {
        internal bool WasAsked { get; private set; }

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            if (assemblyName.Name != "MeaiBudget.Vocabularies")
            {
                return null;
            }

            WasAsked = true;
            throw new FileNotFoundException("The assembly was not copied.", assemblyName.Name);
        }
    }
}
