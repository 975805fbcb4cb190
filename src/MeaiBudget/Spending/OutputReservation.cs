namespace MeaiBudget;

/// <summary>How much output a budget reserves for a streamed answer without a maximum (<c>ChatOptions.MaxOutputTokens</c>).</summary>
public enum OutputReservation
{
    /// <summary>The most output tokens that the answer can have.</summary>
    Limit,

    /// <summary>
    /// The 99th percentile of the output tokens of the caller's earlier answers on the same route and model, and more while the stream runs:
    /// two seconds before the reserved output would be used up, by the speed at which it arrives, more is reserved beside the stream.
    /// </summary>
    /// <remarks>
    /// <para>
    /// It gives up a part of the promise of <see cref="Limit"/>: if the budget cannot pay for more, the stream is cut at what is reserved, and
    /// the output that arrives until then without a reservation is charged as overrun. That is at most 2 % of the reserved output and 16
    /// tokens, the latest update, and what arrives while the ledger has not answered, for 10 seconds at most.
    /// </para>
    /// <para>
    /// <see cref="Limit"/> applies to all other attempts: if the caller sets a maximum, without streaming, to hidden reasoning, answers in the
    /// background, several answers for one request, server tools, and until 20 answers were seen.
    /// </para>
    /// </remarks>
    Learned,
}
