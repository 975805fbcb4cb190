namespace MeaiBudget.Tool;

/// <summary>How serious a finding is.</summary>
internal enum FindingState
{
    Ok,
    Warn,
    Fail,
}

/// <summary>One result of a check. Holds no secret.</summary>
/// <param name="State">How serious it is.</param>
/// <param name="Check">What was checked.</param>
/// <param name="Found">What was found.</param>
/// <param name="Advice">What to do; empty if nothing has to be done.</param>
internal sealed record DoctorFinding(FindingState State, string Check, string Found, string Advice = "");
