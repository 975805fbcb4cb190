using System.Collections.Concurrent;
using Microsoft.ML.Tokenizers;

namespace MeaiBudget;

/// <summary>Finds the token counter for a model or an encoding.</summary>
/// <remarks>Thread-safe. Registrations apply to the whole process and take precedence over the built-in table.</remarks>
/// <example>
/// <code>
/// ITokenCounter counter = TokenCounters.ForModel("gpt-4o");
/// Console.WriteLine($"{counter.Count("How many tokens is this?")} tokens, exact: {counter.IsExact}");
/// </code>
/// </example>
public static class TokenCounters
{
    private static readonly ConcurrentDictionary<string, ITokenCounter> Counters = new(StringComparer.OrdinalIgnoreCase);
    private static readonly ConcurrentDictionary<string, ITokenCounter> ModelCounters = new(StringComparer.OrdinalIgnoreCase);
    private static readonly ConcurrentDictionary<string, string> ModelAliases = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Returns the counter for a model: the one registered for the id, or else that of its family, or else a cautious heuristic.</summary>
    /// <param name="modelId">The provider's model id, with or without date, route prefix or <c>ft:</c>; or a deployment name passed to <see cref="MapModel"/>.</param>
    /// <returns>The counter; never <see langword="null"/>.</returns>
    public static ITokenCounter ForModel(string modelId)
    {
        ArgumentNullException.ThrowIfNull(modelId);
        string id = ModelAliases.GetValueOrDefault(modelId, modelId);
        return ModelCounters.TryGetValue(id, out ITokenCounter? counter) ? counter : Find(ModelFamilies.CounterName(id)) ?? Get(ModelFamilies.Unknown);
    }

    /// <summary>Returns a counter by its name.</summary>
    /// <param name="encoding">The name: an encoding such as <c>o200k_base</c>, a family's heuristic such as <c>claude-3</c>, or the name of a registered counter.</param>
    /// <returns>The counter.</returns>
    /// <exception cref="ArgumentException">There is no counter with that name.</exception>
    public static ITokenCounter Get(string encoding)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(encoding);
        return Find(encoding) ?? throw new ArgumentException($"There is no token counter named '{encoding}'. Read its vocabulary with BytePairCounter.FromFile or wrap a tokenizer in an MlTokenCounter, and pass the result to TokenCounters.Register.", nameof(encoding));
    }

    /// <summary>Reads the vocabulary of a byte-pair encoding from a <c>.tiktoken</c> file.</summary>
    /// <param name="name">The stable name of the counter, part of cache keys.</param>
    /// <param name="path">The file.</param>
    /// <param name="splitsAs">The encoding that splits text in the same way before merging: <c>o200k_base</c>, <c>cl100k_base</c> or <c>gpt2</c> (also of <c>r50k_base</c> and <c>p50k_base</c>).</param>
    /// <returns>An exact counter; thread-safe.</returns>
    /// <exception cref="ArgumentException"><paramref name="splitsAs"/> is not one of these encodings.</exception>
    /// <exception cref="InvalidDataException">The file is not such a vocabulary.</exception>
    public static ITokenCounter FromFile(string name, string path, string splitsAs) => BytePairCounter.FromFile(name, path, splitsAs switch
    {
        "o200k_base" or "o200k_harmony" => SplitPattern.O200k,
        "cl100k_base" => SplitPattern.Cl100k,
        "gpt2" or "r50k_base" or "p50k_base" => SplitPattern.Gpt2,
        _ => throw new ArgumentException($"No encoding '{splitsAs}' is known that splits text. Use o200k_base, cl100k_base or gpt2.", nameof(splitsAs)),
    });

    /// <summary>Makes a counter from a tokenizer of Microsoft.ML.Tokenizers, such as a SentencePiece model.</summary>
    /// <param name="name">The stable name of the counter, part of cache keys.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <returns>The counter; thread-safe as far as the tokenizer is.</returns>
    /// <remarks>
    /// These tokenizers take time that grows with the square of an unbroken run. A run of more than 1,024 characters without white
    /// space is therefore counted in slices, which may differ by a token or two a slice.
    /// </remarks>
    public static ITokenCounter FromTokenizer(string name, Tokenizer tokenizer) => new MlTokenCounter(name, tokenizer);

    /// <summary>Registers a counter by its own name, for <see cref="Get"/> and for models whose family uses that name.</summary>
    /// <param name="counter">The counter; it replaces one with the same name.</param>
    public static void Register(ITokenCounter counter)
    {
        ArgumentNullException.ThrowIfNull(counter);
        Counters[counter.Name] = counter;
    }

    /// <summary>Registers a counter for one model id.</summary>
    /// <param name="modelId">The model id; case is ignored.</param>
    /// <param name="counter">The counter.</param>
    public static void Register(string modelId, ITokenCounter counter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(modelId);
        ArgumentNullException.ThrowIfNull(counter);
        ModelCounters[modelId] = counter;
    }

    /// <summary>Maps a deployment name, as used on Azure, to a model.</summary>
    /// <param name="deployment">The deployment name; case is ignored.</param>
    /// <param name="modelId">The model id.</param>
    public static void MapModel(string deployment, string modelId)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(deployment);
        ArgumentException.ThrowIfNullOrWhiteSpace(modelId);
        ModelAliases[deployment] = modelId;
    }

    private static ITokenCounter? Find(string name) =>
        Counters.TryGetValue(name, out ITokenCounter? counter) ? counter : BuiltIn(name) is { } made ? Counters.GetOrAdd(name, made) : null;

    private static ITokenCounter? BuiltIn(string name) => name.ToLowerInvariant() switch
    {
        "o200k_base" => Encodings.O200kBase,
        "o200k_harmony" => new BytePairCounter("o200k_harmony", Encodings.O200kBase),
        "cl100k_base" => Encodings.Cl100kBase,
        "phi-4" => new BytePairCounter("phi-4", Encodings.Cl100kBase),
        "phi-4-mini" => new BytePairCounter("phi-4-mini", Encodings.O200kBase),
        _ when TokenizerFamily.All.TryGetValue(name, out TokenizerFamily? family) => new HeuristicTokenCounter(family, Encodings.O200kBase),
        _ => null,
    };
}
