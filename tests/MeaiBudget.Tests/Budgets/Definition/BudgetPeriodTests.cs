namespace MeaiBudget.Tests;

public sealed class BudgetPeriodTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Fact]
    public void C1_ADayInTokyoResetsAtLocalMidnight()
    {
        var tokyo = TimeZoneInfo.FindSystemTimeZoneById("Asia/Tokyo");
        BudgetPeriodSlice slice = BudgetPeriod.Day.At(Utc(2026, 3, 10, 14, 59), tokyo);
        Assert.Equal(Utc(2026, 3, 9, 15, 0), slice.Start);
        Assert.Equal(Utc(2026, 3, 10, 15, 0), slice.End);
        Assert.Equal(slice.Index + 1, BudgetPeriod.Day.At(Utc(2026, 3, 10, 15, 0), tokyo).Index);
    }

    [Fact]
    public void C2_CalendarAndRollingAreDifferentPeriods()
    {
        BudgetPeriodSlice day = BudgetPeriod.Day.At(Utc(2026, 3, 10, 15, 43), TimeZoneInfo.Utc);
        BudgetPeriodSlice rolling = BudgetPeriod.Rolling(TimeSpan.FromDays(1)).At(Utc(2026, 3, 10, 15, 43), TimeZoneInfo.Utc);
        Assert.Equal(Utc(2026, 3, 11, 0, 0), day.End);
        Assert.Equal(day.Index, day.FirstIndex);
        Assert.Null(rolling.End);
        Assert.True(rolling.FirstIndex < rolling.Index);
    }

    [Theory]
    [InlineData(DayOfWeek.Monday, 9)]
    [InlineData(DayOfWeek.Sunday, 8)]
    [InlineData(DayOfWeek.Saturday, 7)]
    [InlineData(DayOfWeek.Wednesday, 4)]
    [InlineData(DayOfWeek.Tuesday, 10)]
    public void C3_AWeekBeginsOnTheDayThatIsAsked(DayOfWeek start, int day)
    {
        // 10 March 2026 is a Tuesday.
        BudgetPeriodSlice slice = BudgetPeriod.Week(start).At(Utc(2026, 3, 10, 12, 0), TimeZoneInfo.Utc);
        Assert.Equal(Utc(2026, 3, day, 0, 0), slice.Start);
        Assert.Equal(slice.Start.AddDays(7), slice.End);
        Assert.Equal(start, slice.Start.DayOfWeek);
    }

    [Theory]
    [InlineData(2026, 3, 29, 23)]
    [InlineData(2026, 10, 25, 25)]
    [InlineData(2026, 6, 1, 24)]
    public void C4_ADayOnWhichTheClocksChangeIsOneDay(int year, int month, int day, int hours)
    {
        DateTimeOffset noon = TimeZoneInfo.ConvertTimeToUtc(new DateTime(year, month, day, 12, 0, 0), Berlin);
        BudgetPeriodSlice slice = BudgetPeriod.Day.At(noon, Berlin);
        Assert.Equal(TimeSpan.FromHours(hours), slice.End - slice.Start);
    }

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("America/New_York")]
    [InlineData("America/Havana")]
    [InlineData("America/Sao_Paulo")]
    [InlineData("Asia/Beirut")]
    [InlineData("America/St_Johns")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("Asia/Kathmandu")]
    [InlineData("Pacific/Apia")]
    public void C4_PeriodsFollowEachOtherWithoutGapOrOverlap(string zone)
    {
        var timeZone = TimeZoneInfo.FindSystemTimeZoneById(zone);
        BudgetPeriod[] periods = [BudgetPeriod.Hour, BudgetPeriod.Day, BudgetPeriod.Week(), BudgetPeriod.Month];
        foreach (BudgetPeriod period in periods)
        {
            BudgetPeriodSlice before = period.At(Utc(2010, 1, 1, 0, 0), timeZone);
            for (DateTimeOffset now = Utc(2010, 1, 1, 0, 0); now < Utc(2012, 2, 1, 0, 0); now = now.AddMinutes(period == BudgetPeriod.Hour ? 29 : 173))
            {
                BudgetPeriodSlice slice = period.At(now, timeZone);
                Assert.True(slice.Start <= now && now < slice.End, $"{period} at {now:u}: {slice}");
                if (slice.Index != before.Index)
                {
                    Assert.Equal(before.End, slice.Start);
                    Assert.True(slice.Index > before.Index, $"{period} at {now:u}: {slice}");
                    before = slice;
                }
                else
                {
                    Assert.Equal(before.Start, slice.Start);
                }
            }
        }
    }

    [Theory]
    [InlineData("Asia/Amman", 1991, 4, 17)]
    [InlineData("America/Asuncion", 1992, 10, 5)]
    [InlineData("Africa/Casablanca", 2010, 5, 2)]
    [InlineData("Asia/Beirut", 2026, 3, 29)]
    [InlineData("Africa/Cairo", 2026, 4, 24)]
    public void C4_ADayWithoutAMidnightBeginsAtItsFirstMoment(string zone, int year, int month, int day)
    {
        var timeZone = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var noon = new DateTime(year, month, day, 12, 0, 0);

        DateTimeOffset start = BudgetPeriod.Day.At(new DateTimeOffset(noon, timeZone.GetUtcOffset(noon)), timeZone).Start;

        DateTimeOffset first = TimeZoneInfo.ConvertTime(start, timeZone);
        Assert.Equal((new DateTime(year, month, day), new TimeSpan(1, 0, 0)), (first.Date, first.TimeOfDay));
        Assert.Equal(noon.Date.AddTicks(-1), TimeZoneInfo.ConvertTime(start.AddTicks(-1), timeZone).DateTime);
    }

    [Theory]
    [InlineData(2026, 1, 31, 2026, 2, 1)]
    [InlineData(2026, 2, 28, 2026, 3, 1)]
    [InlineData(2028, 2, 29, 2028, 3, 1)]
    [InlineData(2026, 12, 31, 2027, 1, 1)]
    public void C4_AMonthEndsOnItsLastDay(int year, int month, int day, int nextYear, int nextMonth, int nextDay)
    {
        BudgetPeriodSlice slice = BudgetPeriod.Month.At(Utc(year, month, day, 23, 59), TimeZoneInfo.Utc);
        Assert.Equal(Utc(nextYear, nextMonth, nextDay, 0, 0), slice.End);
        Assert.Equal(Utc(year, month, 1, 0, 0), slice.Start);
    }

    [Fact]
    public void C11_TheSameMomentIsAlwaysInTheSamePeriod()
    {
        var book = new BudgetBook(Budget.Daily("day", 1m));
        BudgetPeriodSlice before = book.At(Utc(2026, 3, 10, 23, 30));
        book.At(Utc(2026, 3, 11, 0, 30));
        Assert.Equal(before, book.At(Utc(2026, 3, 10, 23, 30)));
        Assert.True(before.ForgetAfter > before.End!.Value.AddHours(1), "a clock that is set back finds the spend again");
    }

    [Fact]
    public void ARollingBucketCountsUntilItIsWhollyOutside()
    {
        var period = BudgetPeriod.Rolling(TimeSpan.FromHours(1));
        DateTimeOffset spentAt = Utc(2026, 3, 10, 12, 0).AddSeconds(30);
        long bucket = period.At(spentAt, TimeZoneInfo.Utc).Index;
        Assert.True(period.At(spentAt.AddHours(1), TimeZoneInfo.Utc).FirstIndex <= bucket);
        Assert.True(period.At(period.OutsideAt(bucket).AddTicks(-1), TimeZoneInfo.Utc).FirstIndex <= bucket);
        Assert.True(period.At(period.OutsideAt(bucket), TimeZoneInfo.Utc).FirstIndex > bucket);
        Assert.True(period.OutsideAt(bucket) - spentAt <= TimeSpan.FromHours(1) + TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void ASpanThatIsTooShortIsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => BudgetPeriod.Rolling(TimeSpan.FromMilliseconds(1)));

    private static DateTimeOffset Utc(int year, int month, int day, int hour, int minute) => new(year, month, day, hour, minute, 0, TimeSpan.Zero);
}
