using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>The slices of a process, with a far ledger whose answers the test makes.</summary>
public abstract class SliceBookFixture
{
    private protected const long Day = 20_000;

    private int _ids;

    protected SliceBookFixture() => Book = new SliceBook(new SliceRules { Clock = Time });

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 14, 9, 0, 0, TimeSpan.Zero));

    private protected SliceBook Book { get; set; }

    private protected static LedgerSettlement Settlement(LedgerReservation reservation, params long[] amounts) => new() { Id = reservation.Id, Amounts = amounts, Reservation = reservation };

    private protected static LedgerAdjustment Adjustment(LedgerReservation reservation, params long[] amounts) =>
        new() { Id = Guid.NewGuid(), Reservation = reservation.Id, Amounts = amounts, Reason = "test" };

    private protected static LedgerReservationResult Refusal(params LedgerLineState[] lines) => new(false, lines);

    private protected void Refuse(LedgerReservation reservation, params LedgerLineState[] lines) =>
        Assert.False(Book.Undo(reservation, Book.Admit(reservation).Parts!, Refusal(lines)));

    /// <summary>What a far ledger answers that has all that is asked.</summary>
    private protected static LedgerReservationResult Answer(LedgerSettlement sent, bool? isOpen = null, long? held = null, LedgerLineState? account = null, bool isWanted = false)
    {
        (long charged, long wanted) = (sent.Amounts[0], sent.Reservation!.Lines[0].Amount);
        LedgerLineState state = account ?? new LedgerLineState(charged, held ?? wanted, 0, 0, 0, true);
        return new LedgerReservationResult(isOpen ?? (held ?? wanted) > 0, [state, new LedgerLineState(charged, held ?? wanted, 0, 0, 0, !isWanted)]);
    }

    private protected static LedgerLine Line(string account = "a") => new()
    {
        Account = account,
        Period = Day,
        FirstPeriod = Day,
        ForgetAfter = new DateTimeOffset(2026, 3, 20, 0, 0, 0, TimeSpan.Zero),
        Amount = 100,
        Limit = 100_000,
    };

    private protected LedgerReservation Reservation(params LedgerLine[] lines) =>
        new() { Id = new LedgerReservationId(new Guid(++_ids, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 1, "call"), Lease = TimeSpan.FromMinutes(2), Lines = lines };

    private protected SliceAdmission Admit(params LedgerLine[] lines) => Book.Admit(Reservation(lines));

    private protected void MakeBusy(params LedgerLine[] lines)
    {
        for (int i = 0; i < 3; i++)
        {
            LedgerReservation reservation = Reservation(lines);
            Book.Admit(reservation);
            Book.Release(reservation.Id);
        }
    }

    /// <summary>Gets a slice of 1,000 for each line.</summary>
    private protected void Lease(params LedgerLine[] lines)
    {
        MakeBusy(lines);
        Exchange();
        Book.TakeUrgency();
    }

    private protected SliceExchange? Exchange(Func<LedgerSettlement, LedgerReservationResult>? answer = null)
    {
        SliceExchange? exchange = Book.Begin(isLast: false);
        if (exchange is not null)
        {
            Book.End(exchange, 1, [.. exchange.Sent.Select(sent => answer is null ? Answer(sent) : answer(sent))]);
        }

        return exchange;
    }
}
