namespace MeaiBudget.Tool;

/// <summary>Collects the results of checks. Texts are redacted, because a key may have been written to a wrong place.</summary>
internal sealed class DoctorFindings
{
    private readonly List<DoctorFinding> _all = [];

    /// <summary>The results, in the order of the checks.</summary>
    public IReadOnlyList<DoctorFinding> All => _all;

    public int Failed => _all.Count(finding => finding.State == FindingState.Fail);

    public int Warnings => _all.Count(finding => finding.State == FindingState.Warn);

    public void Ok(string check, string found) => Add(FindingState.Ok, check, found, "");

    public void Warn(string check, string found, string advice) => Add(FindingState.Warn, check, found, advice);

    public void Fail(string check, string found, string advice = "") => Add(FindingState.Fail, check, found, advice);

    /// <summary>Adds a message that says what is wrong in its first sentence and what to do in the others.</summary>
    public void Add(FindingState state, string check, string message)
    {
        int end = message.IndexOf(". ", StringComparison.Ordinal);
        Add(state, check, end < 0 ? message : message[..(end + 1)], end < 0 ? "" : message[(end + 2)..]);
    }

    private void Add(FindingState state, string check, string found, string advice) => _all.Add(new(
        state, SecretRedactor.Default.Redact(check), SecretRedactor.Default.Redact(found), SecretRedactor.Default.Redact(advice)));
}
