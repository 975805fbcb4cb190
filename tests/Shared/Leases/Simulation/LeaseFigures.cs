namespace MeaiBudget.Simulation;

/// <summary>What a simulation measured.</summary>
internal sealed record LeaseFigures
{
    public long Calls { get; set; }

    public long Admitted { get; set; }

    public long Failed { get; set; }

    /// <summary>Gets or sets the refusals because the money was really spent or in use.</summary>
    public long Refused { get; set; }

    /// <summary>Gets or sets the refusals although more than 1 % of the limit was left, free or to spare in slices of nodes that the far ledger hears.</summary>
    public long WronglyRefused { get; set; }

    /// <summary>Gets or sets the refusals because too much was in slices of nodes that the far ledger does not hear.</summary>
    public long RefusedInOutages { get; set; }

    /// <summary>Gets or sets the part of those that said that the money is spent.</summary>
    public long WronglySpent { get; set; }

    public long Operations { get; set; }

    public long Steps { get; set; }

    /// <summary>Gets or sets the largest part of a limit that was left though calls were refused for it at the end.</summary>
    public double Stranded { get; set; }

    /// <summary>Gets or sets the money admitted beyond a limit.</summary>
    public long Overspent { get; set; }

    public double OperationsACall => Calls == 0 ? 0 : (double)Operations / Calls;

    public void Add(LeaseFigures other)
    {
        Calls += other.Calls;
        Admitted += other.Admitted;
        Failed += other.Failed;
        Refused += other.Refused;
        WronglyRefused += other.WronglyRefused;
        RefusedInOutages += other.RefusedInOutages;
        WronglySpent += other.WronglySpent;
        Operations += other.Operations;
        Steps += other.Steps;
        Stranded = Math.Max(Stranded, other.Stranded);
        Overspent += other.Overspent;
    }

    public override string ToString() =>
        FormattableString.Invariant($"{Calls} calls, {Admitted} admitted, {Refused} refused, {WronglyRefused} wrongly ({(double)WronglyRefused / Math.Max(1, Calls):P3}; {WronglySpent} as spent; {RefusedInOutages} in outages), {Failed} failed; {OperationsACall:F4} store operations a call; stranded {Stranded:P2}; overspent {Overspent}; {Steps} steps");
}
