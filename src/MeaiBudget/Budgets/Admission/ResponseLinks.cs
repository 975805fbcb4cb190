using System.Globalization;

namespace MeaiBudget;

/// <summary>Finds the reservations of an answer that is made in the background by the response's id, through the ledger, from any process.</summary>
/// <remarks>
/// A link is a reservation of nothing whose id is made of the response's and whose lines name the reservations. So every ledger can keep
/// it. It is settled as unconfirmed at once: ledgers keep such reservations longer than others.
/// </remarks>
internal sealed class ResponseLinks(string owner, LedgerAccess access, TrackerBudgets budgets)
{
    /// <summary>What accounts of links begin with. They are no budget's accounts, since their second part is no unit.</summary>
    private const string Prefix = "response/";

    /// <summary>How long a link is kept: providers keep such answers for hours, and applications fetch them within days.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    public async ValueTask LinkAsync(Guid response, IReadOnlyList<SpendReservation> reservations)
    {
        LedgeredReservation[] linked = [.. reservations.OfType<LedgeredReservation>().Where(reservation => !reservation.IsDegraded)];
        if (linked.Length == 0)
        {
            return;
        }

        DateTimeOffset now = access.Ledger.Clock.GetUtcNow();
        var link = new LedgerReservation
        {
            Id = IdOf(response),
            Lines =
            [
                .. linked.Select(reservation => new LedgerLine
                {
                    Account = AccountOf(reservation),
                    Period = 0,
                    FirstPeriod = 0,
                    ForgetAfter = now + Lifetime,
                    Amount = 0,
                    Mode = LedgerLineMode.Record,
                }),
            ],
            Lease = TimeSpan.FromMinutes(1),
            WantsStates = false,
        };
        try
        {
            await access.ReserveAsync(link, CancellationToken.None);
            await access.SettleAsync(new LedgerSettlement { Id = link.Id, Amounts = new long[linked.Length], IsUnconfirmed = true, WantsStates = false });
        }
#pragma warning disable CA1031 // Without the link only this process finds the reservation. The answer has begun, and is not given up for that.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            access.LogFailure(exception);
        }
    }

    public async ValueTask<IReadOnlyList<SpendReservation>> FindAsync(Guid response, SpendRequest asked, CancellationToken cancellationToken)
    {
        if (await access.Ledger.FindAsync(IdOf(response), cancellationToken) is not { } link)
        {
            return [];
        }

        var found = new List<SpendReservation>();
        foreach (string account in link.Accounts)
        {
            if (RequestOf(account, asked) is { } request
                && await access.Ledger.FindAsync(EntryIdOf(request), cancellationToken) is { } charge)
            {
                found.Add(Reservation(request, charge));
            }
        }

        return found;
    }

    private LedgerReservationId IdOf(Guid response) => new(response, 1, owner + "#response");

    private LedgerReservationId EntryIdOf(SpendRequest request) =>
        new(request.CallId, request.Attempt, request.Part == 0 ? owner : $"{owner}#{request.Part}");

    /// <summary>Writes what the settlement needs of a reservation's request into the name of an account.</summary>
    private static string AccountOf(LedgeredReservation reservation)
    {
        SpendRequest request = reservation.Request;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Prefix}{request.CallId:N}/{request.Attempt}/{request.Part}/{request.Estimate.InputTokens}/{request.Estimate.InputUpperBound}/{request.OutputTokens}/{AccountName.Escape(request.ServiceTier ?? "")}/{AccountName.Escape(WrittenText.Of(request.ModelId))}");
    }

    private static SpendRequest? RequestOf(string account, SpendRequest asked)
    {
        string[] parts = account.Split('/');
        return parts.Length == 9
            && Guid.TryParseExact(parts[1], "N", out Guid callId)
            && int.TryParse(parts[2], CultureInfo.InvariantCulture, out int attempt)
            && int.TryParse(parts[3], CultureInfo.InvariantCulture, out int part)
            && long.TryParse(parts[4], CultureInfo.InvariantCulture, out long input)
            && long.TryParse(parts[5], CultureInfo.InvariantCulture, out long bound)
            && long.TryParse(parts[6], CultureInfo.InvariantCulture, out long output)
            && input >= 0 && bound >= input && output >= 0
            ? asked with
            {
                CallId = callId,
                Attempt = attempt,
                Part = part,
                Estimate = new TokenEstimate(input, bound, TokenEstimateSource.Heuristic),
                OutputTokens = output,
                ServiceTier = parts[7].Length == 0 ? null : AccountName.Unescape(parts[7]),
                ModelId = AccountName.Unescape(parts[8]),
                RequestedModelId = asked.ModelId == AccountName.Unescape(parts[8]) ? asked.RequestedModelId : null,
            }
            : null;
    }

    private LedgeredReservation Reservation(SpendRequest request, LedgerCharge charge)
    {
        DateTimeOffset now = access.Ledger.Clock.GetUtcNow();
        var lines = new LedgerLine[charge.Accounts.Count];
        var meaning = new BudgetLine[lines.Length];
        for (int i = 0; i < lines.Length; i++)
        {
            string account = charge.Accounts[i];
            BudgetBook book = AccountName.TryParse(account, out AccountName name)
                ? Array.Find(budgets.Books, known => string.Equals(known.Budget.Name, name.Budget, StringComparison.Ordinal)) ?? new BudgetBook(Budget.Daily(name.Budget, null))
                : new BudgetBook(Budget.Daily("unknown", null));
            meaning[i] = new BudgetLine(book, name.Key ?? "", name.Unit, name.IsShadow, book.At(now), book.Budget.UnknownPriceBehavior.AssumedPrice, 0);

            // The limit is left out: thresholds are reported by the admissions and settlements of the period's own process.
            lines[i] = new LedgerLine { Account = account, Period = 0, FirstPeriod = 0, ForgetAfter = now, Amount = charge.Amounts[i], Mode = LedgerLineMode.Record };
        }

        return new LedgeredReservation
        {
            Request = request,
            Price = ((IBudgetSelection)budgets).PriceOf(request),
            NanoDollars = meaning.Select((line, i) => line.Unit == BudgetUnit.Dollars ? charge.Amounts[i] : 0).DefaultIfEmpty(0).Max(),
            Budgets = budgets.Names,
            Entry = new LedgerReservation { Id = EntryIdOf(request), Lines = lines, Lease = request.Lease, WantsStates = false },
            Lines = meaning,
        };
    }
}
