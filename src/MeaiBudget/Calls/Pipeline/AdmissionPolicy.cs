namespace MeaiBudget;

/// <summary>What a budget layer says about reserving and unconfirmed charges.</summary>
internal sealed record AdmissionPolicy
{
    public static AdmissionPolicy Default { get; } = new();

    /// <summary>The output reserved where neither the caller nor the client sets a bound.</summary>
    public long DefaultOutputTokens { get; init; } = 16_384;

    /// <summary>The same for a reasoning model.</summary>
    public long DefaultReasoningOutputTokens { get; init; } = 32_768;

    /// <summary>The bound below which an answer is not worth asking for.</summary>
    public long OutputFloor { get; init; } = 1_024;

    /// <summary>The same for a reasoning model.</summary>
    public long ReasoningOutputFloor { get; init; } = 8_192;

    /// <summary>What a closing answer is allowed to find in tool results.</summary>
    public long ToolResultAllowance { get; init; } = 4_096;

    /// <summary>How long a reservation stands without being renewed.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(2);

    public UnconfirmedPolicy Unconfirmed { get; init; } = new();
}
