using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeaiBudget;

/// <summary>Corrections that an estimator learned from reported usage: the input error of each model, and the length of its answers.</summary>
/// <remarks>
/// Thread-safe. Memory is bounded: a few kilobytes for each model and request shape; the least recently used are removed first.
/// Contains numbers, model ids and host names, never message text.
/// </remarks>
internal sealed partial class TokenLearning
{
    // If reported and estimated tokens differ by more than this factor, the report is wrong or belongs to another request.
    private const double MostRatio = 8;
    private const long Slack = 400;
    private const long MostTokens = 100_000_000;

    // The Responses API has divided the input by the number of parallel calls (October 2025 to January 2026).
    private const int MostParallelCalls = 8;

    private readonly ConcurrentDictionary<LearningKey, LearnedInput> _inputs = new();
    private readonly ConcurrentDictionary<string, LearnedOutput> _outputs = new(StringComparer.Ordinal);
    private readonly Lock _trimming = new();
    private readonly int _capacity;
    private long _clock;

    internal TokenLearning(int capacity) => _capacity = capacity;

    /// <summary>Removes all learned data.</summary>
    public void Reset()
    {
        _inputs.Clear();
        _outputs.Clear();
    }

    /// <summary>Removes the learned data of one model.</summary>
    /// <param name="modelId">The model's id, with or without its route prefix.</param>
    public void Reset(string modelId)
    {
        ArgumentNullException.ThrowIfNull(modelId);
        string model = RequestProfile.Bare(modelId);
        foreach (LearningKey key in _inputs.Keys)
        {
            if (key.Model == model)
            {
                _inputs.TryRemove(key, out _);
            }
        }

        _outputs.TryRemove(model, out _);
    }

    /// <summary>Exports the learned data as JSON, for <see cref="Import"/> in another process.</summary>
    /// <returns>The JSON; it contains model ids, host names and token counts.</returns>
    public string Export()
    {
        var state = new LearningState(
            1,
            [.. _inputs.Select(pair => new LearnedInputState(pair.Key.Model, pair.Key.Route, (int)pair.Key.Shape, pair.Key.ToolSet, pair.Value.Samples()))],
            [.. _outputs.Select(pair => new LearnedOutputState(pair.Key, pair.Value.Samples()))]);
        return JsonSerializer.Serialize(state, LearningJson.Default.LearningState);
    }

    /// <summary>Adds data that another process exported.</summary>
    /// <param name="json">The result of <see cref="Export"/>.</param>
    /// <exception cref="FormatException">The text is not a valid export; nothing was imported.</exception>
    public void Import(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        LearningState? state;
        try
        {
            state = JsonSerializer.Deserialize(json, LearningJson.Default.LearningState);
        }
        catch (JsonException exception)
        {
            throw new FormatException("The text is not an export of TokenLearning, and nothing was imported: " + exception.Message, exception);
        }

        if (state is not { Version: 1, Inputs: not null, Outputs: not null })
        {
            throw new FormatException("The export has a version or values that this version of TokenLearning cannot read, and nothing was imported. Export again with the same version.");
        }

        foreach (LearnedInputState input in state.Inputs)
        {
            foreach (long[] sample in input.Samples ?? [])
            {
                if (sample is [var estimated, var reported, .. var rest] && rest is [] or [>= 0] or [>= 0, _] && input.Model is not null && Enum.IsDefined((RequestShape)input.Shape))
                {
                    ObserveInput(new LearningKey(input.Model, input.Route ?? string.Empty, (RequestShape)input.Shape, input.ToolSet), new InputSample(estimated, reported, rest.Length > 0 ? rest[0] : 0, rest.Length > 1 ? rest[1] : 0));
                }
            }
        }

        foreach (LearnedOutputState output in state.Outputs)
        {
            foreach (long tokens in output.Samples ?? [])
            {
                ObserveOutput(output.Model ?? string.Empty, tokens);
            }
        }
    }

    internal void Observe(in RequestObservation observation, long inputTokens, long outputTokens)
    {
        if (!(observation.IsCounted && IsDivided(observation.Tokens, inputTokens)))
        {
            ObserveInput(observation.Key, new InputSample(observation.Tokens, inputTokens, observation.ContentMargin + observation.ToolMargin, observation.ToolSet));
            if (observation.ToolSet != 0)
            {
                ObserveInput(observation.ToolSetKey, new InputSample(observation.Tokens, inputTokens, observation.ContentMargin));
            }
        }

        // Ignore usage without input tokens: some clients convert missing counts to zero.
        if (inputTokens > 0)
        {
            ObserveOutput(observation.Model, outputTokens);
        }
    }

    internal LearnedEstimate Correct(in RequestObservation observation)
    {
        // Prefer the correction for the same tools to the one for the same shape.
        if ((observation.ToolSet == 0 || !_inputs.TryGetValue(observation.ToolSetKey, out LearnedInput? input))
            && !_inputs.TryGetValue(observation.Key, out input))
        {
            return new LearnedEstimate(observation.Tokens, observation.UpperBound, IsLearned: false);
        }

        input.LastUsed = Interlocked.Increment(ref _clock);
        return input.Correct(observation);
    }

    internal long? ExpectedOutputTokens(string model) => _outputs.TryGetValue(model, out LearnedOutput? output) ? output.NinetyFifthPercentile() : null;

    private static bool IsPlausible(long estimated, long reported) =>
        reported is > 0 and < MostTokens && estimated is > 0 and < MostTokens
        && reported <= (estimated * MostRatio) + Slack && estimated <= (reported * MostRatio) + Slack;

    /// <summary>True if the reported tokens are a whole fraction of an exact count, which no request has.</summary>
    private static bool IsDivided(long estimated, long reported)
    {
        for (int calls = 2; calls <= MostParallelCalls; calls++)
        {
            if (reported > 0 && reported < MostTokens && Math.Abs((reported * calls) - estimated) <= calls + (estimated / 50))
            {
                return true;
            }
        }

        return false;
    }

    private void ObserveInput(LearningKey key, InputSample sample)
    {
        if (IsPlausible(sample.Estimated, sample.Reported))
        {
            bool isKnown = _inputs.TryGetValue(key, out LearnedInput? input);
            input ??= _inputs.GetOrAdd(key, static learned => new LearnedInput(isSpecific: learned.ToolSet != 0));
            input.LastUsed = Interlocked.Increment(ref _clock);
            input.Observe(sample);
            if (!isKnown)
            {
                Trim(_inputs, static learned => learned.LastUsed);
            }
        }
    }

    private void ObserveOutput(string model, long tokens)
    {
        if (tokens is > 0 and < MostTokens)
        {
            bool isKnown = _outputs.TryGetValue(model, out LearnedOutput? output);
            output ??= _outputs.GetOrAdd(model, static _ => new LearnedOutput());
            output.LastUsed = Interlocked.Increment(ref _clock);
            output.Observe(tokens);
            if (!isKnown)
            {
                Trim(_outputs, static learned => learned.LastUsed);
            }
        }
    }

    private void Trim<TKey, TValue>(ConcurrentDictionary<TKey, TValue> entries, Func<TValue, long> lastUsed)
        where TKey : notnull
    {
        if (entries.Count <= _capacity)
        {
            return;
        }

        lock (_trimming)
        {
            int surplus = entries.Count - _capacity;
            if (surplus > 0)
            {
                // Remove an eighth of the capacity more, so that a stream of new models does not sort each time.
                foreach ((TKey key, _) in entries.ToArray().OrderBy(pair => lastUsed(pair.Value)).Take(surplus + (_capacity / 8)))
                {
                    entries.TryRemove(key, out _);
                }
            }
        }
    }

    private sealed record LearningState(int Version, LearnedInputState[] Inputs, LearnedOutputState[] Outputs);

    private sealed record LearnedInputState(string Model, string Route, int Shape, long ToolSet, long[][] Samples);

    private sealed record LearnedOutputState(string Model, long[] Samples);

    [JsonSerializable(typeof(LearningState))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    private sealed partial class LearningJson : JsonSerializerContext;
}
