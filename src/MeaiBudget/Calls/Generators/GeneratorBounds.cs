namespace MeaiBudget;

/// <summary>The most tokens that a provider bills one request to an image or speech generator for, as the application knows it.</summary>
/// <remarks>
/// What such a request costs cannot be read off it: the length of a sound, or the size and quality that a provider chooses. Without a
/// bound an enforcing budget refuses the request, unless the model is known to cost nothing. Immutable.
/// </remarks>
public sealed record GeneratorBounds
{
    /// <summary>Gets the most input tokens of sound or pictures in one request, zero or more; <see langword="null"/> if it is not known. Text is counted.</summary>
    public long? MaxInputTokens
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value ?? 0, nameof(MaxInputTokens));
            field = value;
        }
    }

    /// <summary>Gets the most output tokens of one result (each image that is asked for, one transcript, one recording), zero or more; <see langword="null"/> if it is not known.</summary>
    public long? MaxOutputTokens
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value ?? 0, nameof(MaxOutputTokens));
            field = value;
        }
    }

    internal static GeneratorBounds None { get; } = new();

    /// <summary>The most output tokens of so many results.</summary>
    internal long? OutputOf(int results) => MaxOutputTokens * Math.Max(1, results);
}
