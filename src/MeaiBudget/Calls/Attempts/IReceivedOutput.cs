using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>What an attempt's client passed on. It is counted only if the provider's own report does not suffice.</summary>
internal interface IReceivedOutput
{
    /// <summary>Counts the bytes of text that the client passed on.</summary>
    long ShownBytes();

    /// <summary>Counts the output tokens that came, with those that the client did not pass on.</summary>
    long Tokens();
}

/// <summary>A whole answer.</summary>
/// <param name="Run">The candidate.</param>
/// <param name="Sends">The attempt's requests; null if no HTTP handler of ours exists in the process.</param>
/// <param name="Response">The answer.</param>
internal readonly record struct ReceivedResponse(CandidateRun Run, AttemptSends? Sends, ChatResponse Response) : IReceivedOutput
{
    public long ShownBytes() => OutputMeter.Bytes(Response);

    public long Tokens() => OutputMeter.Count(Run, Response) + (Sends?.HiddenTokens(ShownBytes()) ?? 0);
}

/// <summary>Output that was counted before.</summary>
/// <param name="Count">The tokens.</param>
internal readonly record struct CountedOutput(long Count) : IReceivedOutput
{
    public long ShownBytes() => 0;

    public long Tokens() => Count;
}
