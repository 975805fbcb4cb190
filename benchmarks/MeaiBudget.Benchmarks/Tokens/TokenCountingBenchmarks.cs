using BenchmarkDotNet.Attributes;
using Microsoft.ML.Tokenizers;
using SharpToken;

namespace MeaiBudget.Benchmarks;

/// <summary>Counts the same text repeatedly, compared with Microsoft.ML.Tokenizers and SharpToken.</summary>
[MemoryDiagnoser]
public class TokenCountingBenchmarks
{
    private readonly ITokenCounter _counter = TokenCounters.Get("o200k_base");
    private readonly TiktokenTokenizer _tokenizer = TiktokenTokenizer.CreateForEncoding("o200k_base");
    private readonly GptEncoding _encoding = GptEncoding.GetEncoding("o200k_base");
    private string _text = "";

    /// <summary>Gets the names of the texts.</summary>
    public static IEnumerable<string> Texts => TextCorpus.Names;

    /// <summary>Gets or sets the name of the text.</summary>
    [ParamsSource(nameof(Texts))]
    public string Text { get; set; } = "";

    /// <summary>Generates the text.</summary>
    [GlobalSetup]
    public void Setup() => _text = TextCorpus.Make(Text);

    /// <summary>Counts with Microsoft.ML.Tokenizers, the baseline.</summary>
    [Benchmark(Baseline = true)]
    public int MicrosoftMLTokenizers() => _tokenizer.CountTokens(_text);

    /// <summary>Counts with SharpToken.</summary>
    [Benchmark]
    public int SharpToken() => _encoding.CountTokens(_text);

    /// <summary>Counts with this library.</summary>
    [Benchmark]
    public int MeaiBudget() => _counter.Count(_text);
}

/// <summary>Measures a message with the count cache.</summary>
[MemoryDiagnoser]
public class TokenCountCacheBenchmarks : IDisposable
{
    private readonly ITokenCounter _counter = TokenCounters.Get("o200k_base");
    private readonly TokenCountCache _cache = new();
    private string _text = "";
    private int _number;

    /// <summary>Gets or sets the length of the message.</summary>
    [Params(32, 200, 1000, 10_000)]
    public int Length { get; set; }

    /// <summary>Generates the message.</summary>
    [GlobalSetup]
    public void Setup() => _text = TextCorpus.Make("English")[..Length];

    /// <summary>Counts without the cache.</summary>
    [Benchmark(Baseline = true)]
    public TokenCount Counted() => _counter.Measure(_text);

    /// <summary>Finds the count in the cache.</summary>
    [Benchmark]
    public TokenCount Hit() => _cache.Measure(_counter, _text);

    /// <summary>Counts a text that is new each time, because its end differs.</summary>
    [Benchmark]
    public TokenCount Miss()
    {
        _number = (_number + 1) % (TextCorpus.Size / 2);
        return _cache.Measure(_counter, Long.AsSpan(_number, Length));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cache.Dispose();
        GC.SuppressFinalize(this);
    }

    private static readonly string Long = TextCorpus.Make("English", document: 1);
}
