using System.Collections.Concurrent;
using Microsoft.ML.Tokenizers;

namespace MeaiBudget;

/// <summary>Finds the token counter for a model or an encoding.</summary>
/// <remarks>Thread-safe. What is registered holds for the whole process and goes before the built-in table.</remarks>
public static class TokenCounters
{
    private static readonly ConcurrentDictionary<string, ITokenCounter> Counters = new(StringComparer.OrdinalIgnoreCase);
    private static readonly ConcurrentDictionary<string, ITokenCounter> ModelCounters = new(StringComparer.OrdinalIgnoreCase);
    private static readonly ConcurrentDictionary<string, string> ModelAliases = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Finds the counter for a model: what was registered for the id, else what its family uses, else a cautious heuristic.</summary>
    /// <param name="modelId">The provider's model id, with or without date, route prefix or <c>ft:</c>; or a deployment name given to <see cref="MapModel"/>.</param>
    /// <returns>The counter; never <see langword="null"/>.</returns>
    public static ITokenCounter ForModel(string modelId)
    {
        ArgumentNullException.ThrowIfNull(modelId);
        string id = ModelAliases.GetValueOrDefault(modelId, modelId);
        return ModelCounters.TryGetValue(id, out ITokenCounter? counter) ? counter : Find(ModelFamilies.CounterName(id)) ?? Get(ModelFamilies.Unknown);
    }

    /// <summary>Gets a counter by its name.</summary>
    /// <param name="encoding">The name: an encoding such as <c>o200k_base</c>, a family's heuristic such as <c>claude-3</c>, or the name of a registered counter.</param>
    /// <returns>The counter.</returns>
    /// <exception cref="ArgumentException">There is no counter of that name.</exception>
    public static ITokenCounter Get(string encoding)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(encoding);
        return Find(encoding) ?? throw new ArgumentException($"There is no token counter named '{encoding}'. Read its vocabulary with BytePairCounter.FromFile, or wrap a tokenizer with TokenCounters.FromTokenizer, and give it to TokenCounters.Register.", nameof(encoding));
    }

    /// <summary>Makes a counter of a tokenizer of Microsoft.ML.Tokenizers, such as a SentencePiece model.</summary>
    /// <param name="name">The stable name of the counter, part of cache keys.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <returns>The counter; thread-safe as far as the tokenizer is.</returns>
    /// <remarks>
    /// Those tokenizers take time that grows with the square of an unbroken run, so a run of more than 1,024 characters without white
    /// space is counted in slices, which may count a token or two more or one fewer a slice.
    /// </remarks>
    public static ITokenCounter FromTokenizer(string name, Tokenizer tokenizer) => new MlTokenCounter(name, tokenizer);

    /// <summary>Registers a counter under its own name, for <see cref="Get"/> and for the models whose family calls for that name.</summary>
    /// <param name="counter">The counter; replaces one of the same name.</param>
    public static void Register(ITokenCounter counter)
    {
        ArgumentNullException.ThrowIfNull(counter);
        Counters[counter.Name] = counter;
    }

    /// <summary>Registers a counter for one model id.</summary>
    /// <param name="modelId">The model id, compared without regard to case.</param>
    /// <param name="counter">The counter.</param>
    public static void Register(string modelId, ITokenCounter counter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(modelId);
        ArgumentNullException.ThrowIfNull(counter);
        ModelCounters[modelId] = counter;
    }

    /// <summary>Says which model a deployment name stands for, as on Azure.</summary>
    /// <param name="deployment">The deployment name, compared without regard to case.</param>
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
        _ when TokenizerFamily.All.TryGetValue(name, out TokenizerFamily? family) => new HeuristicTokenCounter(family, Encodings.O200kBase),
        _ => null,
    };
}
