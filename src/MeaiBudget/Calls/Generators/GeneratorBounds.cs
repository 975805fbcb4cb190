namespace MeaiBudget;

/// <summary>Upper bounds of the tokens that one request to an image or speech generator can be billed for, set by the application. Immutable.</summary>
/// <remarks>
/// This library cannot compute these tokens from the request, because they depend on the length of the audio, or on the size and
/// quality of images that the provider chooses. Without bounds, an enforcing budget refuses the request, unless the model's price is zero.
/// </remarks>
public sealed record GeneratorBounds
{
    /// <summary>Gets the maximum number of audio or image input tokens of one request, zero or more; <see langword="null"/> if it is unknown. Text tokens are counted separately.</summary>
    public long? MaxInputTokens
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value ?? 0, nameof(MaxInputTokens));
            field = value;
        }
    }

    /// <summary>Gets the maximum number of output tokens of one result (each requested image, one transcript, one recording), zero or more; <see langword="null"/> if it is unknown.</summary>
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

    /// <summary>Returns the maximum number of output tokens of the given number of results; null if it is unknown.</summary>
    internal long? OutputOf(int results) => MaxOutputTokens * Math.Max(1, results);
}
